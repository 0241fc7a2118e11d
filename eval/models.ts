/** Finds the models that were asked for and learns what has to be known before anything is planned. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelManifest } from '../data/schema.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint/checkpoint.ts';
import { type HubOptions, resolveModel } from './checkpoint/hub.ts';
import { COMMIT } from './checkpoint/hub-cache.ts';
import type { ModelFacts } from './plan.ts';

/** Where a model is: a folder here, or a repository on Hugging Face that has to be fetched. */
export type ModelPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'hub'; readonly id: string; readonly revision: string };

/** `owner/name`, or `owner/name@revision`. */
const HUB_ID = /^([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?$/;

/** Names of the models that the repository ships, sorted. */
export async function shippedModels(dataFolder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(dataFolder, 'models'), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Null for a name that is neither a folder, nor a shipped model, nor the form of a Hugging Face id. */
export async function placeOf(name: string, dataFolder: string, cwd: string): Promise<ModelPlace | null> {
  if ((await shippedModels(dataFolder)).includes(name)) {
    return { kind: 'folder', folder: path.join(dataFolder, 'models', name) };
  }
  const folder = path.resolve(cwd, name);
  if ((await stat(folder).catch(() => null))?.isDirectory()) return { kind: 'folder', folder };
  const match = name.startsWith('.') || path.isAbsolute(name) ? null : HUB_ID.exec(name);
  return match === null ? null : { kind: 'hub', id: match[1]!, revision: match[2] ?? 'main' };
}

export interface FoundModel {
  readonly checkpoint: Checkpoint;
  readonly facts: ModelFacts;
}

/**
 * Opens a model, fetching it first where it is not here, and hashes its files.
 * @param root of the project: folders inside it are named from there
 * @throws hub/…, checkpoint/…, safetensors/…, family/…
 */
export async function openModel(
  place: ModelPlace,
  root: string,
  hub: Omit<HubOptions, 'revision'>,
): Promise<FoundModel> {
  if (place.kind === 'folder') return open(place.folder, sourceName(place.folder, root), null);
  const folder = await resolveModel(place.id, { ...hub, revision: place.revision });
  // A snapshot's folder has the name of its commit.
  const commit = path.basename(folder);
  return open(folder, place.id, COMMIT.test(commit) ? commit : null);
}

async function open(folder: string, source: string, revision: string | null): Promise<FoundModel> {
  const checkpoint = await openCheckpoint(folder);
  const { architecture, tokenizer } = checkpoint;
  const manifest: ModelManifest = { id: slugOf(source), source, revision, ...(await checkpoint.manifest()) };
  return { checkpoint, facts: { manifest, architecture, bosId: tokenizer.bosId, eosId: tokenizer.eosId } };
}

/** A folder inside the project is named from its root, so that a command works in every checkout. */
function sourceName(folder: string, root: string): string {
  const relative = path.relative(root, folder);
  const isInside = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
  return isInside ? relative.replaceAll(path.sep, '/') : folder;
}

/** The last part of a folder or id as a slug: `meta-llama/Llama-3.2-1B` → `llama-3.2-1b`. */
export function slugOf(source: string): string {
  const last = path
    .basename(source)
    .toLowerCase()
    .replace(/[^a-z0-9.+-]+/g, '-');
  return last.replace(/^[^a-z0-9]+/, '').replace(/-+$/, '') || 'model';
}
