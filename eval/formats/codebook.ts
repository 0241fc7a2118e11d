/**
 * Codes of levels that all groups share, the 4-bit NormalFloat, with a scale and if calibrated a shift per group:
 * ŵ = absmax · level + shift. Both are quantized once more, to the 8-bit dynamic tree in blocks of 256 (eval/math/dynamic-tree.ts),
 * absmax after its mean was taken out. Source: Dettmers et al. 2023, arXiv:2305.14314, §3.
 * Buffers, for group G and N·K/G groups:
 *   codes   U8  [N, ⌈K/2⌉]  one LSB-first bit stream a row, padded to a whole byte
 *   absmax  U8  [N, K/G]    with absmax_scales F32 [⌈N·(K/G)/256⌉] and absmax_mean F32 [1]
 *   shifts  U8  [N, K/G]    with shift_scales F32 [⌈N·(K/G)/256⌉]; both absent where nothing is shifted
 */
import { formatErrors } from '../errors/method.ts';
import { decodeTree, TREE_BLOCK, type TreeCodes } from '../math/dynamic-tree.ts';
import { NF4_LEVELS } from '../math/normal-float.ts';
import { streamBytes } from './bit-stream.ts';
import { bytesOf, floatsOf, groupOf, packRows, unpackRows } from './buffers.ts';
import { defineFormat, type PackedBuffer, type PackedLinear, toBuffer } from './format.ts';

const BITS = 4;

/** What lies beside the codes. */
export interface LevelGrids {
  readonly N: number;
  readonly K: number;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[N, K/G]`, of absmax less its mean. */
  readonly absmax: TreeCodes & { readonly mean: number };
  /** `[N, K/G]`; null where nothing is shifted. */
  readonly shifts: TreeCodes | null;
}

export const codebook = defineFormat({
  id: 'codebook',
  title: 'Codes of shared levels',
  pack(values: LevelGrids & { readonly codes: Uint8Array }): PackedLinear {
    const { N, K, codes } = values;
    return packLevels(values, packRows(codes, N, K, BITS).bytes);
  },
  unpack(packed: PackedLinear): LevelGrids & { readonly codes: Uint8Array } {
    const { stream: _, ...values } = openLevels(packed);
    return { ...values, codes: unpackRows(packed, 'codes', packed.N, packed.K, BITS) };
  },
  dequantize(packed: PackedLinear): Float32Array {
    const values = codebook.unpack(packed);
    const { N, K, group, codes } = values;
    const { absmax, shifts } = scalesOf(values);
    const weight = new Float32Array(N * K);
    for (let i = 0; i < weight.length; i++) {
      const g = Math.floor(i / group);
      const scaled = Math.fround(absmax[g] * NF4_LEVELS[codes[i]]);
      weight[i] = shifts === null ? scaled : scaled + shifts[g];
    }
    return weight;
  },
});

/** What `pack` makes of codes that are a stream of bits already, `[N, ⌈K/2⌉]`. */
export function packLevels(values: LevelGrids, stream: Uint8Array): PackedLinear {
  const { N, K, group, absmax, shifts } = values;
  const groups = K / group;
  const buffers: Record<string, PackedBuffer> = {
    codes: toBuffer('U8', [N, streamBytes(K, BITS)], stream),
    absmax: toBuffer('U8', [N, groups], absmax.codes),
    absmax_scales: toBuffer('F32', [absmax.scales.length], absmax.scales),
    absmax_mean: toBuffer('F32', [1], Float32Array.of(absmax.mean)),
  };
  if (shifts !== null) {
    buffers.shifts = toBuffer('U8', [N, groups], shifts.codes);
    buffers.shift_scales = toBuffer('F32', [shifts.scales.length], shifts.scales);
  }
  return { format: 'codebook', N, K, attributes: { levels: 'nf4', group }, buffers };
}

/** The same content with codes as the stream of bits that they are stored as. Throws `format/damaged`. */
export function openLevels(packed: PackedLinear): LevelGrids & { readonly stream: Uint8Array } {
  const { N, K, attributes, buffers } = packed;
  if (packed.format !== 'codebook') throw formatErrors.unknown(packed.format, ['codebook']);
  if (attributes.levels !== 'nf4')
    throw formatErrors.damaged('codebook', `levels are ${JSON.stringify(attributes.levels)}, expected "nf4"`);
  const group = groupOf(packed);
  const grids = N * (K / group);
  const blocks = Math.ceil(grids / TREE_BLOCK);
  const tree = (codes: string, scales: string): TreeCodes => ({
    codes: bytesOf(packed, codes, 'U8', grids),
    scales: floatsOf(packed, scales, blocks),
  });
  const [mean] = floatsOf(packed, 'absmax_mean', 1);
  return {
    N,
    K,
    group,
    stream: bytesOf(packed, 'codes', 'U8', N * streamBytes(K, BITS)),
    absmax: { ...tree('absmax', 'absmax_scales'), mean },
    shifts: buffers.shifts === undefined ? null : tree('shifts', 'shift_scales'),
  };
}

/** Float32 `[N, K/G]`: scales and shifts as the stored numbers give them. */
export function scalesOf({ absmax, shifts }: LevelGrids) {
  return {
    absmax: decodeTree(absmax, absmax.mean),
    shifts: shifts === null ? null : decodeTree(shifts),
  };
}
