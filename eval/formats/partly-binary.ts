/**
 * Signs for most weights and 8-bit codes for the others, as PB-LLM stores them. Buffers, for group G and s·N·K 8-bit weights:
 *   binary      U8  [N, ⌈K/8⌉]  1 bit a weight: 1 for a sign, 0 for an 8-bit code
 *   low         U8  [N, ⌈K/8⌉]  1 bit a weight: the sign (1: mean + deviation, 0: mean − deviation), or a code's lowest bit
 *   high        U8  [⌈7·s·N·K/8⌉]  the other 7 bits of the codes, row after row in one LSB-first bit stream
 *   means, deviations  F16 [N, K/G]  levels of the signs of a row and group of columns
 *   scales      F16 [N], zeros U8 [N]  the grid of a row's codes: ŵ = scale · (code − zero)
 * That is 2 + 7·s + 32/G + 24/K bits a weight. The paper counts (1 − s)·1 + s·8 = 1 + 7·s.
 */
import type { PartlyBinaryWeights } from '../math/partly-binary.ts';
import { packBits, streamBytes, unpackBits } from './bit-stream.ts';
import { bytesOf, groupOf, halves, halvesOf, packRows, unpackRows } from './buffers.ts';
import { defineFormat, type PackedBuffer, type PackedLinear, toBuffer } from './format.ts';

export const partlyBinary = defineFormat({
  id: 'partly-binary',
  title: 'Signs and 8-bit codes',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    return restore(unpack(packed));
  },
});

function pack(values: PartlyBinaryWeights): PackedLinear {
  const { N, K, isBinary, codes } = values;
  const salient = codes.filter((_, i) => isBinary[i] === 0).map((code) => code >> 1);
  const high = new Uint8Array(streamBytes(salient.length, 7));
  packBits(salient, 0, salient.length, 7, high, 0);
  return packStreams(values, {
    binary: packRows(isBinary, N, K, 1),
    low: packRows(codes, N, K, 1),
    high: toBuffer('U8', [high.length], high),
  });
}

/** What `pack` makes of weights that are streams of bits already. */
export function packStreams(
  values: Omit<PartlyBinaryWeights, 'isBinary' | 'codes'>,
  streams: { readonly binary: PackedBuffer; readonly low: PackedBuffer; readonly high: PackedBuffer },
): PackedLinear {
  const { N, K, group, means, deviations, scales, zeros } = values;
  const buffers = {
    ...streams,
    means: halves([N, K / group], means),
    deviations: halves([N, K / group], deviations),
    scales: halves([N], scales),
    zeros: toBuffer('U8', [N], zeros),
  };
  return { format: 'partly-binary', N, K, attributes: { group }, buffers };
}

/** Throws `format/damaged` where a size or a type is not what the layout says. */
function unpack(packed: PackedLinear): PartlyBinaryWeights {
  const { N, K } = packed;
  const isBinary = unpackRows(packed, 'binary', N, K, 1);
  const codes = unpackRows(packed, 'low', N, K, 1);
  const count = isBinary.reduce((sum, bit) => sum + 1 - bit, 0);
  const salient = new Uint8Array(count);
  unpackBits(bytesOf(packed, 'high', 'U8', streamBytes(count, 7)), 0, count, 7, salient, 0);
  let next = 0;
  for (let i = 0; i < codes.length; i++) if (isBinary[i] === 0) codes[i] += 2 * salient[next++];
  return { ...openLevels(packed), isBinary, codes };
}

/** Everything but the streams of bits. Throws `format/damaged`. */
export function openLevels(packed: PackedLinear): Omit<PartlyBinaryWeights, 'isBinary' | 'codes'> {
  const { N, K } = packed;
  const group = groupOf(packed);
  return {
    N,
    K,
    group,
    means: halvesOf(packed, 'means', (N * K) / group),
    deviations: halvesOf(packed, 'deviations', (N * K) / group),
    scales: halvesOf(packed, 'scales', N),
    zeros: bytesOf(packed, 'zeros', 'U8', N),
  };
}

/** ŵ as float32 `[N, K]`. */
function restore(values: PartlyBinaryWeights): Float32Array {
  const { N, K, group, isBinary, codes, means, deviations, scales, zeros } = values;
  const groups = K / group;
  const weight = new Float32Array(N * K);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const at = n * K + k;
      const g = n * groups + Math.floor(k / group);
      weight[at] =
        isBinary[at] === 0
          ? scales[n] * (codes[at] - zeros[n])
          : means[g] + (codes[at] === 1 ? deviations[g] : -deviations[g]);
    }
  }
  return weight;
}
