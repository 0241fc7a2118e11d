/** SliM-LLM on one matrix whose groups of columns have different bits: searched ranges and error feedback. */
import { type AffineGrid, fitScaledGrid, quantize } from './affine.ts';
import { type BinaryLevels, fitBinary } from './binarize.ts';
import { ruleOf } from './bit-allocation.ts';
import { feedBack } from './block-feedback.ts';
import { blockEndOf } from './column-loop.ts';

export interface MixedGroups {
  readonly N: number;
  readonly K: number;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[K/G]`, 1…8: bits of the columns of a group. */
  readonly bits: Uint8Array;
  /** `[N, K]`, 0…2^bits − 1. */
  readonly codes: Uint8Array;
  /** `[N, K/G]`, representable in half precision; with one bit the distance from the mean. */
  readonly scales: Float32Array;
  /** `[N, K/G]`: ŵ = scale · (code − zero); of groups with one bit the mean in half precision: ŵ = zero ± scale. */
  readonly zeros: Float32Array;
}

/**
 * Grids are fitted when the first column of a group is reached, on weights that carry every earlier error: of 101 ranges of 0.9 … 1.1
 * times that of the weights the one with the least Σ|w − ŵ|^2.4. A group with one bit becomes mean ± mean distance.
 * Source: Huang et al. 2024, arXiv:2405.14917, §3.3 (salience-weighted quantizer calibration) and its code.
 * @param weights  float64 `[N, K]`, finite; used up
 * @param upper    `[K, K]` with Uᵀ·U = H⁻¹; null: no error is fed back
 * Cost: N·K²/2 multiplications beside 101 powers for every weight.
 */
export function roundMixed(
  weights: Float64Array,
  N: number,
  K: number,
  upper: Float64Array | null,
  bits: Uint8Array,
  group: number,
): { readonly made: MixedGroups; readonly loss: number | null } {
  const groups = K / group;
  const made: MixedGroups = {
    ...{ N, K, group, bits, codes: new Uint8Array(N * K) },
    ...{ scales: new Float32Array(N * groups), zeros: new Float32Array(N * groups) },
  };
  const { codes, scales, zeros } = made;
  const all = { mask: new Uint8Array(N * K), wanted: 0 };
  const grid: AffineGrid = { scale: 0, zero: 0 };
  const levels: BinaryLevels = { mean: 0, deviation: 0 };
  const fitGroup = (at: number, g: number, own: number) => {
    if (own === 1) fitBinary(weights, all, at, group, levels);
    else fitScaledGrid(weights, at, group, ruleOf(own), grid);
    scales[g] = own === 1 ? levels.deviation : grid.scale;
    zeros[g] = own === 1 ? levels.mean : grid.zero;
  };
  const round = (n: number, k: number) => {
    const b = Math.floor(k / group);
    const g = n * groups + b;
    const at = n * K + k;
    if (k % group === 0) fitGroup(at, g, bits[b]);
    codes[at] =
      bits[b] === 1
        ? Number(weights[at] >= zeros[g])
        : quantize(weights[at], scales[g], zeros[g], 2 ** bits[b] - 1);
    return restoreMixed(made, n, k);
  };
  const loss = feedBack({ N, K, weights, upper, blockEnd: blockEndOf(group), rounder: { round } });
  return { made, loss };
}

/** ŵ of row n and column k, in double precision. */
export function restoreMixed(
  { K, group, bits, codes, scales, zeros }: MixedGroups,
  n: number,
  k: number,
): number {
  const b = Math.floor(k / group);
  const g = n * (K / group) + b;
  const code = codes[n * K + k];
  if (bits[b] === 1) return zeros[g] + (code === 1 ? scales[g] : -scales[g]);
  return scales[g] * (code - zeros[g]);
}
