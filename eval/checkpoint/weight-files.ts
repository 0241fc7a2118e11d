/** The .safetensors files of a folder as one set of tensors: a single file, or shards named by an index. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { checkpointErrors as errors } from '../errors/checkpoint.ts';
import { openSafetensors } from './open-safetensors.ts';
import { readJson } from './read-json.ts';
import type { SafetensorsFile } from './safetensors.ts';

export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';
export const PICKLE = /\.(bin|pt|pth|ckpt|pkl)$/;
/** A plain file name: an index must not reach outside its folder. */
const SHARD = /^[\w][\w.-]*\.safetensors$/;

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

export interface WeightFiles {
  /** File names inside the folder, sorted. */
  readonly names: readonly string[];
  /** Names of all tensors. */
  readonly tensors: readonly string[];
  /** The file that holds a tensor; undefined where none does. */
  find(tensor: string): SafetensorsFile | undefined;
  close(): Promise<void>;
}

/**
 * Opens the weights of a folder and checks all headers and the index.
 * @throws checkpoint/pickle, checkpoint/missing-file, checkpoint/index, safetensors/…
 */
export async function openWeightFiles(folder: string): Promise<WeightFiles> {
  const present = new Set(await listFolder(folder));
  // Where both are there, transformers takes the single file.
  if (present.has(SINGLE_FILE)) return openAll(folder, [SINGLE_FILE]);
  if (present.has(INDEX_FILE)) return openShards(folder, present);
  const pickles = [...present].filter((name) => PICKLE.test(name) && name !== 'training_args.bin');
  throw pickles.length > 0 ? errors.pickle(folder, pickles) : errors.missingFile(folder, SINGLE_FILE);
}

/** File names that an index refers to. Throws `checkpoint/index` where they are not plain names. */
export function shardsOf(
  index: unknown,
  file: string,
): { readonly shards: readonly string[]; readonly map: ReadonlyMap<string, string> } {
  const parsed = indexSchema.safeParse(index);
  if (!parsed.success) throw errors.index(file, ['weight_map is not a table of tensor names and file names']);
  const map = new Map(Object.entries(parsed.data.weight_map));
  const shards = [...new Set(map.values())].sort();
  const odd = shards.filter((name) => !SHARD.test(name));
  if (odd.length > 0)
    throw errors.index(
      file,
      odd.map((name) => `"${name}" is not a plain .safetensors file name`),
    );
  if (shards.length === 0) throw errors.index(file, ['weight_map is empty']);
  return { shards, map };
}

/** SHA-256 of a file, read as a stream. */
export async function hashFile(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return { sha256: hash.digest('hex'), bytes: (await stat(path)).size };
}

async function openShards(folder: string, present: ReadonlySet<string>): Promise<WeightFiles> {
  const file = join(folder, INDEX_FILE);
  const { shards, map } = shardsOf(await readJson(folder, INDEX_FILE), file);
  const missing = shards.filter((name) => !present.has(name));
  if (missing.length > 0)
    throw errors.index(
      file,
      missing.map((name) => `shard ${name} is not in the folder`),
    );
  const files = await openAll(folder, shards);
  const problems: string[] = [];
  for (const [tensor, shard] of map) {
    const found = files.find(tensor);
    if (found?.path !== join(folder, shard))
      problems.push(`tensor "${tensor}" should be in ${shard} and is not`);
  }
  if (problems.length === 0) return files;
  await files.close();
  throw errors.index(file, problems);
}

async function openAll(folder: string, names: readonly string[]): Promise<WeightFiles> {
  const opened: SafetensorsFile[] = [];
  const close = async () => void (await Promise.all(opened.map((file) => file.close())));
  try {
    for (const name of names) opened.push(await openSafetensors(join(folder, name)));
    const owners = new Map<string, SafetensorsFile>();
    const twice: string[] = [];
    for (const file of opened) {
      for (const tensor of file.tensors.keys()) {
        if (owners.has(tensor)) twice.push(`tensor "${tensor}" is in more than one shard`);
        owners.set(tensor, file);
      }
    }
    if (twice.length > 0) throw errors.index(join(folder, INDEX_FILE), twice);
    return { names, tensors: [...owners.keys()], find: (tensor) => owners.get(tensor), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw errors.missingFile(folder, 'folder', cause);
  }
}
