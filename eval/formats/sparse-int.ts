/**
 * Pruned weights of which the kept ones are integer codes: ŵ = scale · (code − zero) where kept, else 0.
 * Buffers, for bits b:
 *   mask    which weights are kept (kept-mask.ts)
 *   codes   U8 [⌈kept weights · b / 8⌉]  one LSB-first bit stream, row by row
 *   scales, zeros, groups  those of int-grouped
 */
import { packBits, streamBytes, unpackBits } from './bit-stream.ts';
import { bytesOf } from './buffers.ts';
import { defineFormat, type PackedLinear, toBuffer } from './format.ts';
import { dequantizeCodes, type GroupedCodes, openGrids, packGrids } from './int-grouped.ts';
import { countKept, type KeptMask, openMask, packMask } from './kept-mask.ts';
import { takeKept } from './sparse.ts';

/** The same content, unpacked; codes are `[N, K]`, 0 where nothing is kept. */
export type SparseCodes = GroupedCodes & KeptMask;

export const sparseInt = defineFormat({
  id: 'sparse-int',
  title: 'Pruned, grouped integers',
  pack,
  unpack,
  dequantize(packed: PackedLinear): Float32Array {
    const content = unpack(packed);
    return dequantizeCodes(content).map((weight, i) => (content.kept[i] === 1 ? weight : 0));
  },
});

/** Codes of weights that are not kept are left out. */
function pack(content: SparseCodes): PackedLinear {
  const { N, K, bits, group } = content;
  const { attributes, mask } = packMask(content);
  const codes = takeKept(content.codes, content.kept);
  const stream = new Uint8Array(streamBytes(codes.length, bits));
  packBits(codes, 0, codes.length, bits, stream, 0);
  return {
    format: 'sparse-int',
    N,
    K,
    attributes: { bits, group, ...attributes },
    buffers: { mask, codes: toBuffer('U8', [stream.length], stream), ...packGrids(content) },
  };
}

/** Throws `format/damaged` where a size, a type or a group number is not what the layout says. */
function unpack(packed: PackedLinear): SparseCodes {
  const grids = openGrids(packed);
  const mask = openMask(packed);
  const count = countKept(mask);
  const taken = new Uint8Array(count);
  const stream = bytesOf(packed, 'codes', 'U8', streamBytes(count, grids.bits));
  unpackBits(stream, 0, count, grids.bits, taken, 0);
  const codes = new Uint8Array(packed.N * packed.K);
  for (let i = 0, next = 0; i < codes.length; i++) if (mask.kept[i] === 1) codes[i] = taken[next++];
  return { ...grids, ...mask, codes };
}
