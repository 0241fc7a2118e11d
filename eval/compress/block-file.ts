/** One compressed block on disk; `stored-block.ts` has its layout. */
import { stat } from 'node:fs/promises';
import { fileBytes } from '../checkpoint/open-safetensors.ts';
import { denseTensor, writeSafetensors } from '../checkpoint/safetensors-writer.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import type { PackedLinear } from '../formats/format.ts';
import { describeBlock } from './block-description.ts';
import type { ReplacedTensor } from './rescaling.ts';
import { DESCRIPTION, type LinearReport, REPLACED, readBlock, type StoredBlock } from './stored-block.ts';

export interface CompressedLinear {
  readonly report: LinearReport;
  readonly packed: PackedLinear;
}

/** What a block is made of when it is written. */
export interface CompressedBlock {
  readonly linears: readonly CompressedLinear[];
  readonly tensors: ReadonlyMap<string, ReplacedTensor>;
}

/** Writes a block under a temporary name, then renames. */
export async function writeBlock(
  path: string,
  recipe: string,
  { linears, tensors: replaced }: CompressedBlock,
): Promise<void> {
  const text = describeBlock(recipe, linears, replaced);
  const json = new Uint8Array(Buffer.from(JSON.stringify(text)));
  const tensors = [denseTensor(DESCRIPTION, 'U8', [json.length], json)];
  // Element types and shapes are in the description: bytes need no alignment.
  const add = (name: string, bytes: Uint8Array) =>
    tensors.push(denseTensor(name, 'U8', [bytes.byteLength], bytes));
  for (const { packed, report } of linears) {
    for (const [buffer, { bytes }] of Object.entries(packed.buffers)) add(`${report.name}.${buffer}`, bytes);
  }
  for (const [name, { values }] of replaced)
    add(`${REPLACED}${name}`, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  await writeSafetensors(path, tensors, { format: 'bitloss' });
}

/**
 * Reads the description of a block; null where there is no file.
 * @throws compress/damaged-block, compress/other-recipe, compress/read, safetensors/…
 */
export async function openBlock(path: string, recipe: string): Promise<StoredBlock | null> {
  if (!(await isThere(path))) return null;
  return readBlock(path, recipe, async () => {
    try {
      return await fileBytes(path);
    } catch (cause) {
      throw errors.read(path, cause);
    }
  });
}

async function isThere(path: string): Promise<boolean> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw errors.read(path, error);
  }
  if (!found.isFile()) throw errors.read(path, new Error('it is not a file'));
  return true;
}
