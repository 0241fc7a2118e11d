/** Reading the buffers of a packed linear with a check of each: what does not fit its layout is damaged. */
import { formatErrors } from '../errors/method.ts';
import { decodeFloat16, encodeFloat16 } from '../math/float16.ts';
import { packBits, streamBytes, unpackBits } from './bit-stream.ts';
import { type PackedBuffer, type PackedLinear, toBuffer } from './format.ts';

/** An attribute that must be a whole number from low to high. Throws `format/damaged`. */
export function wholeNumber(packed: PackedLinear, name: string, low: number, high: number): number {
  const value = packed.attributes[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw formatErrors.damaged(packed.format, `${name} is ${JSON.stringify(value)}, expected ${low}…${high}`);
}

/** The group size G, which divides K. Throws `format/damaged`. */
export function groupOf(packed: PackedLinear): number {
  const group = wholeNumber(packed, 'group', 1, packed.K);
  if (packed.K % group === 0) return group;
  throw formatErrors.damaged(packed.format, `group ${group} does not divide K = ${packed.K}`);
}

/** The bytes of a buffer of a type and length. Throws `format/damaged`. */
export function bytesOf(
  packed: PackedLinear,
  name: string,
  dtype: PackedBuffer['dtype'],
  length: number,
): Uint8Array {
  const buffer = packed.buffers[name];
  if (buffer?.dtype === dtype && buffer.bytes.byteLength === length) return buffer.bytes;
  const found = buffer === undefined ? 'nothing' : `${buffer.bytes.byteLength} bytes of ${buffer.dtype}`;
  throw formatErrors.damaged(packed.format, `${name} should be ${length} bytes of ${dtype}, found ${found}`);
}

/** `count` half-precision numbers. Throws `format/damaged`. */
export function halvesOf(packed: PackedLinear, name: string, count: number): Float32Array {
  const bytes = bytesOf(packed, name, 'F16', count * 2);
  // Buffers that come from a file may start at an odd address.
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return decodeFloat16(new Uint16Array(aligned.buffer, aligned.byteOffset, count));
}

/** `count` float32 numbers. Throws `format/damaged`. */
export function floatsOf(packed: PackedLinear, name: string, count: number): Float32Array {
  const bytes = bytesOf(packed, name, 'F32', count * 4);
  // Buffers that come from a file may start at any address.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, count);
}

/** Values that half precision holds exactly. */
export function halves(shape: readonly number[], values: Float32Array): PackedBuffer {
  return toBuffer('F16', shape, encodeFloat16(values));
}

/** The lowest `bits` bits of each code, a stream of bits a row, each padded to a whole byte. */
export function packRows(codes: Uint8Array, rows: number, columns: number, bits: number): PackedBuffer {
  const rowBytes = streamBytes(columns, bits);
  const stream = new Uint8Array(rows * rowBytes);
  const low = codes.map((code) => code & ((1 << bits) - 1));
  for (let n = 0; n < rows; n++) packBits(low, n * columns, columns, bits, stream, n * rowBytes);
  return toBuffer('U8', [rows, rowBytes], stream);
}

/** The reverse of `packRows`. Throws `format/damaged`. */
export function unpackRows(
  packed: PackedLinear,
  name: string,
  rows: number,
  columns: number,
  bits: number,
): Uint8Array {
  const rowBytes = streamBytes(columns, bits);
  const stream = bytesOf(packed, name, 'U8', rows * rowBytes);
  const codes = new Uint8Array(rows * columns);
  for (let n = 0; n < rows; n++) unpackBits(stream, n * rowBytes, columns, bits, codes, n * columns);
  return codes;
}
