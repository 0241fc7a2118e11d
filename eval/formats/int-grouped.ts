/**
 * Integer codes with one scale, and if asymmetric one zero, per row and group of input columns: ŵ = scale · (code − zero).
 * Buffers, for bits b, group G and N·K/G groups:
 *   codes   U8  [N, ⌈K·b/8⌉]  one LSB-first bit stream a row, padded to a whole byte
 *   scales  F16 [N, K/G]
 *   zeros   absent: 2^(b−1) everywhere (symmetric) · U8 [⌈N·(K/G)·b/8⌉]: one bit stream · I16 [N, K/G]: outside the code range
 *   groups  U16 [K] which group an input column belongs to; absent where column k belongs to group ⌊k/G⌋
 */
import { formatErrors } from '../errors/method.ts';
import { decodeFloat16, encodeFloat16 } from '../math/float16.ts';
import { packBits, streamBytes, unpackBits } from './bit-stream.ts';
import { bytesOf, groupOf, wholeNumber } from './buffers.ts';
import { defineFormat, type PackedBuffer, type PackedLinear, toBuffer } from './format.ts';

/** The same content, unpacked. */
export interface GroupedCodes {
  readonly N: number;
  readonly K: number;
  readonly bits: number;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[N, K]`, 0…2^bits − 1, columns in their original order. */
  readonly codes: Uint8Array;
  /** `[N, K/G]`, every value representable in half precision. */
  readonly scales: Float32Array;
  /** `[N, K/G]`; null for symmetric codes, whose zero is 2^(bits−1). */
  readonly zeros: Int16Array | null;
  /** `[K]`; null where groups are runs of neighbouring columns. */
  readonly groupOfColumn: Uint16Array | null;
}

/** All but the codes, as packing takes it: scales may be the bits of their half precision already. */
export type Grids = Omit<GroupedCodes, 'codes' | 'scales'> & { readonly scales: Float32Array | Uint16Array };

export const intGrouped = defineFormat({
  id: 'int-grouped',
  title: 'Grouped integers',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    return dequantizeCodes(unpack(packed));
  },
});

function pack(values: GroupedCodes): PackedLinear {
  const { N, K, bits, codes } = values;
  const rowBytes = streamBytes(K, bits);
  const stream = new Uint8Array(N * rowBytes);
  for (let n = 0; n < N; n++) packBits(codes, n * K, K, bits, stream, n * rowBytes);
  return packStream(values, stream);
}

/** What `pack` makes of codes that are a stream of bits already, `[N, ⌈K·b/8⌉]`. */
export function packStream(values: Grids, stream: Uint8Array): PackedLinear {
  const { N, K, bits, group } = values;
  const codes = toBuffer('U8', [N, streamBytes(K, bits)], stream);
  const buffers = { codes, ...packGrids(values) };
  return { format: 'int-grouped', N, K, attributes: { bits, group }, buffers };
}

/** All buffers but the codes. */
export function packGrids(values: Grids): Record<string, PackedBuffer> {
  const { N, K, bits, group, scales, zeros, groupOfColumn } = values;
  const groups = K / group;
  const buffers: Record<string, PackedBuffer> = {
    scales: toBuffer('F16', [N, groups], scales instanceof Uint16Array ? scales : encodeFloat16(scales)),
  };
  if (zeros !== null) buffers.zeros = packZeros(zeros, bits, [N, groups]);
  if (groupOfColumn !== null) buffers.groups = toBuffer('U16', [K], groupOfColumn);
  return buffers;
}

/** Zeros inside the code range cost `bits` bits each, others 16. */
function packZeros(zeros: Int16Array, bits: number, shape: readonly number[]): PackedBuffer {
  if (!areCodes(zeros, bits)) return toBuffer('I16', shape, zeros.slice());
  const stream = new Uint8Array(streamBytes(zeros.length, bits));
  packBits(zeros, 0, zeros.length, bits, stream, 0);
  return toBuffer('U8', [stream.length], stream);
}

/** A plain loop: `every` with a callback takes several times as long. */
function areCodes(values: Int16Array, bits: number): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] < 0 || values[i] >= 1 << bits) return false;
  return true;
}

/** Throws `format/damaged` where a size, a type or a group number is not what the layout says. */
function unpack(packed: PackedLinear): GroupedCodes {
  const { stream, ...values } = openStream(packed);
  const { N, K, bits } = values;
  const rowBytes = streamBytes(K, bits);
  const codes = new Uint8Array(N * K);
  for (let n = 0; n < N; n++) unpackBits(stream, n * rowBytes, K, bits, codes, n * K);
  return { ...values, codes };
}

/** The same content with codes as the stream of bits that they are stored as. Throws `format/damaged`. */
export function openStream(
  packed: PackedLinear,
): Omit<GroupedCodes, 'codes'> & { readonly stream: Uint8Array } {
  if (packed.format !== 'int-grouped') throw formatErrors.unknown(packed.format, ['int-grouped']);
  const grids = openGrids(packed);
  const stream = bytesOf(packed, 'codes', 'U8', grids.N * streamBytes(grids.K, grids.bits));
  return { ...grids, stream };
}

/** All content but the codes, also of a format that shares it. Throws `format/damaged`. */
export function openGrids(packed: PackedLinear): Omit<GroupedCodes, 'codes'> {
  const { N, K } = packed;
  const bits = wholeNumber(packed, 'bits', 1, 8);
  const group = groupOf(packed);
  const groups = K / group;
  const scales = decodeFloat16(asUint16(bytesOf(packed, 'scales', 'F16', N * groups * 2)));
  const zeros = unpackZeros(packed, bits, N * groups);
  return { N, K, bits, group, scales, zeros, groupOfColumn: unpackGroups(packed, groups) };
}

function unpackZeros(packed: PackedLinear, bits: number, count: number): Int16Array | null {
  const buffer = packed.buffers.zeros;
  if (buffer === undefined) return null;
  if (buffer.dtype === 'I16') {
    const words = asUint16(bytesOf(packed, 'zeros', 'I16', count * 2));
    return new Int16Array(words.buffer, words.byteOffset, count);
  }
  const zeros = new Uint8Array(count);
  unpackBits(bytesOf(packed, 'zeros', 'U8', streamBytes(count, bits)), 0, count, bits, zeros, 0);
  return Int16Array.from(zeros);
}

function unpackGroups(packed: PackedLinear, groups: number): Uint16Array | null {
  if (packed.buffers.groups === undefined) return null;
  const groupOfColumn = asUint16(bytesOf(packed, 'groups', 'U16', packed.K * 2));
  const bad = groupOfColumn.findIndex((group) => group >= groups);
  if (bad !== -1) {
    throw formatErrors.damaged(packed.format, `column ${bad} is in group ${groupOfColumn[bad]} of ${groups}`);
  }
  return groupOfColumn;
}

/** ŵ as float32 `[N, K]`. */
export function dequantizeCodes(values: GroupedCodes): Float32Array {
  const { N, K, bits, group, codes, scales, zeros, groupOfColumn } = values;
  const groups = K / group;
  const middle = 1 << (bits - 1);
  const column = groupOfColumn ?? Uint16Array.from({ length: K }, (_, k) => Math.floor(k / group));
  const weight = new Float32Array(N * K);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const g = n * groups + column[k];
      const zero = zeros === null ? middle : zeros[g];
      weight[n * K + k] = scales[g] * (codes[n * K + k] - zero);
    }
  }
  return weight;
}

/** Buffers that come from a file may start at an odd address. */
function asUint16(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
}
