/** One compressed block on disk: a .safetensors file with a description and the packed buffers of its linears. */
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { checkHeaderLength, parseHeader, type TensorInfo } from '../checkpoint/safetensors-header.ts';
import { denseTensor, writeSafetensors } from '../checkpoint/safetensors-writer.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import type { PackedBuffer, PackedLinear } from '../formats/format.ts';
import {
  type BlockDescription,
  blockDescription,
  describeBlock,
  type LinearDescription,
} from './block-description.ts';
import type { ReplacedTensor } from './rescaling.ts';

/** What is known about one linear besides its packed weights. */
export interface LinearReport {
  readonly name: string;
  readonly packedBytes: number;
  /** Σ(w − ŵ)² / Σw²; 0 for an all-zero matrix. */
  readonly relativeError: number;
  readonly hessianLoss: number | null;
  readonly notes: readonly string[];
}

export interface CompressedLinear {
  readonly report: LinearReport;
  readonly packed: PackedLinear;
}

/** A linear whose buffers stay on disk until `load`. */
export interface StoredLinear {
  readonly report: LinearReport;
  readonly N: number;
  readonly K: number;
  load(): Promise<PackedLinear>;
}

/** A tensor of the block that takes the place of the checkpoint's; its values stay on disk until `load`. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** Float32, row-major. */
  load(): Promise<Float32Array>;
}

/** What a block is made of when it is written. */
export interface CompressedBlock {
  readonly linears: readonly CompressedLinear[];
  readonly tensors: ReadonlyMap<string, ReplacedTensor>;
}

/** By name. */
export interface StoredBlock {
  readonly linears: ReadonlyMap<string, StoredLinear>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const DESCRIPTION = 'description';
/** Before the names of replaced tensors, so that none can be taken for a buffer. */
const REPLACED = 'replaced.';

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
  const handle = await openExisting(path);
  if (handle === null) return null;
  try {
    if (!(await handle.stat()).isFile()) throw errors.read(path, new Error('it is not a file'));
    const { tensors, dataStart } = await readHeader(handle, path);
    const info = tensors.get(DESCRIPTION);
    if (info === undefined) throw errors.damagedBlock(path, 'it has no description');
    const text = parseDescription(path, await readTensor(handle, path, dataStart, info));
    if (text.recipe !== recipe) throw errors.otherRecipe(path, text.recipe, recipe);
    const bytes = bytesOf(path, dataStart, tensors);
    return {
      linears: new Map(text.linears.map((linear) => [linear.report.name, storedLinear(bytes, linear)])),
      tensors: new Map(text.tensors.map((tensor) => [tensor.name, storedTensor(bytes, tensor)])),
    };
  } finally {
    await handle.close();
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw errors.read(path, error);
  }
}

async function readHeader(handle: FileHandle, path: string) {
  const { size: fileBytes } = await handle.stat();
  const lengthField = await readBytes(handle, path, 0, Math.min(8, fileBytes));
  const headerBytes = checkHeaderLength(path, lengthField, fileBytes);
  const json = await readBytes(handle, path, 8, headerBytes);
  const dataStart = 8 + headerBytes;
  return { tensors: parseHeader(path, json, fileBytes - dataStart), dataStart };
}

function parseDescription(path: string, bytes: Uint8Array): BlockDescription {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw errors.damagedBlock(path, 'its description is not JSON', cause);
  }
  const parsed = blockDescription.safeParse(value);
  if (!parsed.success) throw errors.damagedBlock(path, z.prettifyError(parsed.error));
  return parsed.data;
}

/** Where the bytes of a tensor are, checked now; read through the handle of an opened file later. */
type FindBytes = (name: string) => { read(handle: FileHandle): Promise<Uint8Array>; readonly path: string };

function bytesOf(path: string, dataStart: number, tensors: ReadonlyMap<string, TensorInfo>): FindBytes {
  return (name) => {
    const info = tensors.get(name);
    if (info === undefined) throw errors.damagedBlock(path, `"${name}" is missing`);
    return { path, read: (handle) => readTensor(handle, path, dataStart, info) };
  };
}

function storedLinear(
  bytes: FindBytes,
  { report, format, N, K, attributes, buffers }: LinearDescription,
): StoredLinear {
  const parts = Object.entries(buffers).map(([name, buffer]) => {
    const found = bytes(`${report.name}.${name}`);
    return { name, buffer, found };
  });
  const load = async (): Promise<PackedLinear> => {
    const loaded: Record<string, PackedBuffer> = {};
    if (parts.length === 0) return { format, N, K, attributes, buffers: loaded };
    const handle = await open(parts[0]!.found.path, 'r');
    try {
      for (const { name, buffer, found } of parts)
        loaded[name] = { ...buffer, bytes: await found.read(handle) };
      return { format, N, K, attributes, buffers: loaded };
    } finally {
      await handle.close();
    }
  };
  return { report, N, K, load };
}

function storedTensor(bytes: FindBytes, { name, shape }: BlockDescription['tensors'][number]): StoredTensor {
  const found = bytes(`${REPLACED}${name}`);
  const load = async () => {
    const handle = await open(found.path, 'r');
    try {
      // Read into memory of its own, which is aligned.
      return new Float32Array((await found.read(handle)).buffer);
    } finally {
      await handle.close();
    }
  };
  return { shape, load };
}

function readTensor(
  handle: FileHandle,
  path: string,
  dataStart: number,
  info: TensorInfo,
): Promise<Uint8Array> {
  return readBytes(handle, path, dataStart + info.begin, info.end - info.begin);
}

async function readBytes(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 1 << 30), position + done);
    if (bytesRead === 0) throw errors.damagedBlock(path, 'it ends early');
    done += bytesRead;
  }
  return bytes;
}
