/** The folder of one compressed model: finished blocks of this run and of earlier ones. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitlossError } from '../../data/errors.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import type { Linear } from '../families/architecture.ts';
import { type CompressedBlock, openBlock, writeBlock } from './block-file.ts';
import type { StoredBlock } from './stored-block.ts';

/** Which block of which model. */
export interface BlockPlace {
  readonly folder: string;
  readonly index: number;
  /** Canonical recipe id. */
  readonly recipe: string;
}

/** Writing one block takes seconds. */
const LEFTOVER_AGE_MS = 10 * 60 * 1000;

/** Damage that is repaired by making the block again; anything else is for a person to look at. */
const REPAIRABLE = /^(compress\/damaged-block|safetensors\/.*)$/;

/** Makes the folder and clears it of half-written files. Throws `compress/folder`. */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder);
  } catch (cause) {
    throw errors.folder(folder, cause);
  }
}

/** Half-written files of killed runs. One that is younger may belong to a run in progress elsewhere. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.partial')) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > LEFTOVER_AGE_MS) await rm(path, { force: true });
  }
}

/**
 * A finished block; null where it is missing, or damaged, which is logged.
 * @throws compress/other-recipe, compress/read
 */
export async function openFinished(
  place: BlockPlace,
  expected: readonly Linear[],
  log: (line: string) => void,
): Promise<StoredBlock | null> {
  const path = blockPath(place);
  try {
    const block = await openBlock(path, place.recipe);
    if (block === null) return null;
    for (const { name, outFeatures, inFeatures } of expected) {
      const found = block.linears.get(name);
      const fits = found?.N === outFeatures && found.K === inFeatures;
      if (!fits) throw errors.damagedBlock(path, `"${name}" does not fit the model`);
    }
    return block;
  } catch (error) {
    if (!(error instanceof BitlossError) || !REPAIRABLE.test(error.code)) throw error;
    log(`${error.message} Making it again.`);
    return null;
  }
}

/** Writes a block durably and opens it. Throws `compress/write`. */
export async function saveBlock(place: BlockPlace, block: CompressedBlock): Promise<StoredBlock> {
  const path = blockPath(place);
  try {
    await writeBlock(path, place.recipe, block);
  } catch (cause) {
    throw cause instanceof BitlossError ? cause : errors.write(place.folder, place.index, cause);
  }
  const saved = await openBlock(path, place.recipe);
  if (saved === null) throw errors.read(path, new Error('it is gone'));
  return saved;
}

/** Where a block of a folder is. */
export function blockPath({ folder, index }: Pick<BlockPlace, 'folder' | 'index'>): string {
  return join(folder, `block-${String(index).padStart(4, '0')}.safetensors`);
}
