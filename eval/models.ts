/** Finds the models that were asked for and learns what has to be known before anything is planned. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelManifest } from '../data/schema.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint/checkpoint.ts';
import { sourceName } from './manifest.ts';
import type { ModelFacts } from './plan.ts';

/** Where a model is: a folder here, or a repository on Hugging Face that has to be fetched. */
export type ModelPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'hub'; readonly id: string };

const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

/** Names of the models that the repository ships, sorted. */
export async function shippedModels(dataFolder: string): Promise<readonly string[]> {
  const entries = await readdir(path.join(dataFolder, 'models'), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

/** Null for a name that is neither a folder, nor a shipped model, nor the form of a Hugging Face id. */
export async function placeOf(name: string, dataFolder: string, cwd: string): Promise<ModelPlace | null> {
  if ((await shippedModels(dataFolder)).includes(name)) {
    return { kind: 'folder', folder: path.join(dataFolder, 'models', name) };
  }
  const folder = path.resolve(cwd, name);
  if ((await stat(folder).catch(() => null))?.isDirectory()) return { kind: 'folder', folder };
  const looksLikePath = name.startsWith('.') || path.isAbsolute(name);
  return !looksLikePath && HUB_ID.test(name) ? { kind: 'hub', id: name } : null;
}

export interface FoundModel {
  readonly checkpoint: Checkpoint;
  readonly facts: ModelFacts;
}

export interface ModelOrigin {
  /** Folder or Hugging Face id, for the manifest. */
  readonly source: string;
  readonly revision: string | null;
}

/** Opens a checkpoint and hashes its files. Throws `checkpoint/…`, `safetensors/…`, `family/…`. */
export async function openModel(folder: string, { source, revision }: ModelOrigin): Promise<FoundModel> {
  const checkpoint = await openCheckpoint(folder);
  const { architecture, tokenizer } = checkpoint;
  const manifest: ModelManifest = { id: slugOf(source), source, revision, ...(await checkpoint.manifest()) };
  return { checkpoint, facts: { manifest, architecture, bosId: tokenizer.bosId, eosId: tokenizer.eosId } };
}

/** Origin of a model in a folder. */
export function folderOrigin(folder: string, root: string): ModelOrigin {
  return { source: sourceName(folder, root), revision: null };
}

/** The last part of a folder or id as a slug: `meta-llama/Llama-3.2-1B` → `llama-3.2-1b`. */
export function slugOf(source: string): string {
  const last = path.basename(source).toLowerCase().replace(/[^a-z0-9.+-]+/g, '-');
  return last.replace(/^[^a-z0-9]+/, '').replace(/-+$/, '') || 'model';
}
