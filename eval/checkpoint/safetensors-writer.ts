/** Writes .safetensors files, tensor by tensor, so that a file may be larger than memory. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { safetensorsErrors as errors } from '../errors/checkpoint.ts';
import { encodeFloat16 } from '../math/float16.ts';
import { encodeBf16 } from './float-formats.ts';
import { BYTES_PER_ELEMENT, type Dtype } from './safetensors-header.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major pieces of the data, in order: bytes as they are stored, or float32 values to round to `dtype`. Called once. */
  readonly pieces: () => Iterable<TensorPiece> | AsyncIterable<TensorPiece>;
}

export type TensorPiece = Float32Array | Uint8Array;

/**
 * Writes tensors in the order given under a temporary name, then renames, so that a half-written file is never seen.
 * Larger element sizes should come first: the format wants every tensor aligned to its element size.
 * @throws safetensors/write where data and shape or alignment disagree
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header = encodeHeader(path, tensors, metadata);
  const temporary = `${path}.${process.pid}.partial`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(header);
    for (const tensor of tensors) await writeTensor(handle, path, tensor);
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A tensor whose data is in memory. */
export function denseTensor(
  name: string,
  dtype: Dtype,
  shape: readonly number[],
  data: TensorPiece,
): TensorToWrite {
  return { name, dtype, shape, pieces: () => [data] };
}

function encodeHeader(
  path: string,
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>>,
): Buffer {
  const entries: [string, unknown][] = [['__metadata__', metadata]];
  let at = 0;
  for (const tensor of tensors) {
    if (entries.some(([name]) => name === tensor.name))
      throw errors.write(path, tensor.name, 'the name is used twice');
    if (at % BYTES_PER_ELEMENT[tensor.dtype] !== 0) {
      throw errors.write(path, tensor.name, `it would begin at byte ${at}, not aligned for ${tensor.dtype}`);
    }
    const end = at + byteLength(tensor);
    entries.push([tensor.name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [at, end] }]);
    at = end;
  }
  const json = JSON.stringify(Object.fromEntries(entries));
  const padded = json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8));
  const text = Buffer.from(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

async function writeTensor(handle: FileHandle, path: string, tensor: TensorToWrite): Promise<void> {
  let written = 0;
  for await (const piece of tensor.pieces()) {
    const bytes = encode(path, tensor, piece);
    await handle.writeFile(bytes);
    written += bytes.length;
  }
  if (written !== byteLength(tensor)) {
    throw errors.write(
      path,
      tensor.name,
      `shape [${tensor.shape.join(', ')}] needs ${byteLength(tensor)} bytes, got ${written}`,
    );
  }
}

function encode(path: string, { name, dtype }: TensorToWrite, piece: TensorPiece): Buffer {
  const data = piece instanceof Uint8Array ? piece : encodeFloats(dtype, piece);
  if (data === null) throw errors.write(path, name, `float values cannot be stored as ${dtype}`);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function encodeFloats(dtype: Dtype, values: Float32Array): Uint16Array | Float32Array | null {
  if (dtype === 'F32') return values;
  if (dtype === 'BF16') return encodeBf16(values);
  return dtype === 'F16' ? encodeFloat16(values) : null;
}

function byteLength({ dtype, shape }: TensorToWrite): number {
  return shape.reduce((product, dimension) => product * dimension, BYTES_PER_ELEMENT[dtype]);
}
