/**
 * Integers whose bits depend on the group of input columns, as SliM-LLM stores them. Buffers, for group G and groups of b bits:
 *   bits    U8   [K/G]  b of each group
 *   codes   U8   for each group [N, ⌈G·b/8⌉]: one LSB-first bit stream a row, padded to a whole byte; group after group
 *   scales  F16  [N, K/G]  with one bit the distance from the mean
 *   zeros   U8   for each group of more than one bit [⌈N·b/8⌉]: one bit stream of the zeros of all rows; group after group; absent without
 *   means   F16  [groups of one bit, N]  ŵ = mean ± scale; absent without
 */

import { formatErrors } from '../errors/method.ts';
import type { MixedGroups } from '../math/mixed-groups.ts';
import { restoreMixed } from '../math/mixed-groups.ts';
import { packBits, streamBytes, unpackBits } from './bit-stream.ts';
import { bytesOf, groupOf, halves, halvesOf } from './buffers.ts';
import { defineFormat, type PackedLinear, toBuffer } from './format.ts';

export const mixedGroups = defineFormat({
  id: 'mixed-groups',
  title: 'Grouped integers of mixed bits',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    const values = unpack(packed);
    const { N, K } = values;
    const weight = new Float32Array(N * K);
    for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) weight[n * K + k] = restoreMixed(values, n, k);
    return weight;
  },
});

/** Bytes of codes and of zeros, and how many groups have one bit. */
function sizesOf(bits: Uint8Array, N: number, group: number) {
  const sizes = { codes: 0, zeros: 0, ones: 0 };
  for (const own of bits) {
    sizes.codes += N * streamBytes(group, own);
    if (own === 1) sizes.ones++;
    else sizes.zeros += streamBytes(N, own);
  }
  return sizes;
}

/** The byte where the streams of each group begin, and behind the last one: `[K/G + 1]`. */
export function firstBytes(bits: Uint8Array, N: number, group: number): BigInt64Array {
  const first = new BigInt64Array(bits.length + 1);
  for (const [b, own] of bits.entries()) first[b + 1] = first[b] + BigInt(N * streamBytes(group, own));
  return first;
}

function pack(values: MixedGroups): PackedLinear {
  const { N, K, group, bits, codes } = values;
  const stream = new Uint8Array(sizesOf(bits, N, group).codes);
  let at = 0;
  for (const [b, own] of bits.entries()) {
    for (let n = 0; n < N; n++, at += streamBytes(group, own)) {
      packBits(codes, n * K + b * group, group, own, stream, at);
    }
  }
  return packStream(values, stream);
}

/** What `pack` makes of codes that are streams of bits already. */
export function packStream(
  { N, K, group, bits, scales, zeros }: Omit<MixedGroups, 'codes'>,
  stream: Uint8Array,
): PackedLinear {
  const groups = K / group;
  const sizes = sizesOf(bits, N, group);
  const points = new Uint8Array(sizes.zeros);
  const means = new Float32Array(sizes.ones * N);
  const column = new Uint8Array(N);
  let [zeroAt, one] = [0, 0];
  for (const [b, own] of bits.entries()) {
    if (own === 1) {
      for (let n = 0; n < N; n++) means[one * N + n] = zeros[n * groups + b];
      one++;
      continue;
    }
    for (let n = 0; n < N; n++) column[n] = zeros[n * groups + b];
    packBits(column, 0, N, own, points, zeroAt);
    zeroAt += streamBytes(N, own);
  }
  const buffers = {
    bits: toBuffer('U8', [groups], bits),
    codes: toBuffer('U8', [stream.length], stream),
    scales: halves([N, groups], scales),
    ...(points.length === 0 ? {} : { zeros: toBuffer('U8', [points.length], points) }),
    ...(sizes.ones === 0 ? {} : { means: halves([sizes.ones, N], means) }),
  };
  return { format: 'mixed-groups', N, K, attributes: { group }, buffers };
}

/** Throws `format/damaged` where a size or a type is not what the layout says. */
function unpack(packed: PackedLinear): MixedGroups {
  const { stream, ...values } = openMixed(packed);
  const { N, K, group, bits } = values;
  const codes = new Uint8Array(N * K);
  let at = 0;
  for (const [b, own] of bits.entries()) {
    for (let n = 0; n < N; n++, at += streamBytes(group, own)) {
      unpackBits(stream, at, group, own, codes, n * K + b * group);
    }
  }
  return { ...values, codes };
}

/** The same content with codes as the streams of bits that they are stored as. Throws `format/damaged`. */
export function openMixed(
  packed: PackedLinear,
): Omit<MixedGroups, 'codes'> & { readonly stream: Uint8Array } {
  const { N, K } = packed;
  const group = groupOf(packed);
  const groups = K / group;
  const bits = bytesOf(packed, 'bits', 'U8', groups);
  const bad = bits.findIndex((own) => own < 1 || own > 8);
  if (bad !== -1)
    throw formatErrors.damaged(packed.format, `group ${bad} has ${bits[bad]} bits, expected 1…8`);
  const sizes = sizesOf(bits, N, group);
  const stream = bytesOf(packed, 'codes', 'U8', sizes.codes);
  const points = sizes.zeros === 0 ? new Uint8Array(0) : bytesOf(packed, 'zeros', 'U8', sizes.zeros);
  const means = sizes.ones === 0 ? new Float32Array(0) : halvesOf(packed, 'means', sizes.ones * N);
  const zeros = new Float32Array(N * groups);
  const column = new Uint8Array(N);
  let [zeroAt, one] = [0, 0];
  for (const [b, own] of bits.entries()) {
    if (own > 1) {
      unpackBits(points, zeroAt, N, own, column, 0);
      zeroAt += streamBytes(N, own);
    }
    for (let n = 0; n < N; n++) zeros[n * groups + b] = own === 1 ? means[one * N + n] : column[n];
    if (own === 1) one++;
  }
  return { N, K, group, bits, stream, scales: halvesOf(packed, 'scales', N * groups), zeros };
}
