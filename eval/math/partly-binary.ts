/** PB-LLM on one matrix: the least salient weights become a sign each, the others 8-bit codes, with error feedback. */
import { type AffineGrid, type AffineRule, fitGrid, quantize } from './affine.ts';
import { type BinaryLevels, fitBinary, fitBinaryWithZeros } from './binarize.ts';
import { feedBack } from './block-feedback.ts';
import { BLOCK, blockEndOf } from './column-loop.ts';

export interface PartlyBinaryRule {
  /** Share of the weights of a group of columns that become signs, 0…1. */
  readonly share: number;
  /** Input columns whose weights compete with each other, in all rows, and share levels, in each; −1: all. */
  readonly group: number;
  /** hessian: |w| / U_jj, whose square is what losing a weight costs; magnitude: |w|. */
  readonly salience: 'hessian' | 'magnitude';
  /** Levels are fitted with the other weights of the group as zeros, as the published code does. */
  readonly compat: boolean;
}

export interface PartlyBinaryWeights {
  readonly N: number;
  readonly K: number;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[N, K]`: 1 where a weight is a sign, 0 where it has 8 bits. */
  readonly isBinary: Uint8Array;
  /** `[N, K]`: 1 for mean + deviation, 0 for mean − deviation; or an 8-bit code. */
  readonly codes: Uint8Array;
  /** `[N, K/G]`, representable in half precision. */
  readonly means: Float32Array;
  readonly deviations: Float32Array;
  /** `[N]`: ŵ = scale · (code − zero); scales representable in half precision, zeros 0…255. */
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
}

/** The grid of the salient weights: one a row. */
export const SALIENT_RULE: AffineRule = { bits: 8, symmetric: false, range: 'zero', mse: false };

/**
 * Mask, levels and grids come from the weights as they are given; the column loop then chooses signs and codes.
 * Source: Shang et al. 2023, arXiv:2310.00034, §3.2–3.3, and its code for GPTQ-PB.
 * @param weights  float64 `[N, K]`, finite; used up
 * @param upper    `[K, K]` with Uᵀ·U = H⁻¹; null: salience is magnitude and no error is fed back
 * @param group    G, which divides K
 * Cost: O(N·K·(K/2 + log(N·G))).
 */
export function binarizePartly(
  weights: Float64Array,
  N: number,
  K: number,
  upper: Float64Array | null,
  rule: Omit<PartlyBinaryRule, 'group'>,
  group: number,
): { readonly made: PartlyBinaryWeights; readonly loss: number | null } {
  const isBinary = chooseBinary(weights, N, K, upper, rule, group);
  const levels = fitLevels(weights, N, K, isBinary, rule, group);
  const grids = fitRows(weights, N, K);
  const codes = new Uint8Array(N * K);
  const groups = K / group;
  const round = (n: number, k: number) => {
    const at = n * K + k;
    if (isBinary[at] === 0) {
      codes[at] = quantize(weights[at], grids.scales[n], grids.zeros[n], 255);
      return grids.scales[n] * (codes[at] - grids.zeros[n]);
    }
    const g = n * groups + Math.floor(k / group);
    codes[at] = weights[at] >= levels.means[g] ? 1 : 0;
    return levels.means[g] + (codes[at] === 1 ? levels.deviations[g] : -levels.deviations[g]);
  };
  const loss = feedBack({ N, K, weights, upper, blockEnd: blockEndOf(BLOCK), rounder: { round } });
  return { made: { N, K, group, isBinary, codes, ...levels, ...grids }, loss };
}

/** How many of the weights of a group become signs at least. */
export function countBinary(share: number, weights: number): number {
  return Math.round(share * weights);
}

/** Marks the round(share · N·G) least salient weights of each group, and all that are as salient as the last of them. */
function chooseBinary(
  weights: Float64Array,
  N: number,
  K: number,
  upper: Float64Array | null,
  { share, salience }: Pick<PartlyBinaryRule, 'share' | 'salience'>,
  group: number,
): Uint8Array {
  const isBinary = new Uint8Array(N * K);
  const count = countBinary(share, N * group);
  if (count === 0) return isBinary;
  const divisor = (k: number) => (upper === null || salience === 'magnitude' ? 1 : upper[k * K + k]);
  const values = new Float64Array(N * group);
  for (let start = 0; start < K; start += group) {
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < group; i++) {
        values[n * group + i] = Math.abs(weights[n * K + start + i]) / divisor(start + i);
      }
    }
    const threshold = Float64Array.from(values).sort()[count - 1];
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < group; i++) {
        if (values[n * group + i] <= threshold) isBinary[n * K + start + i] = 1;
      }
    }
  }
  return isBinary;
}

function fitLevels(
  weights: Float64Array,
  N: number,
  K: number,
  mask: Uint8Array,
  { compat }: Pick<PartlyBinaryRule, 'compat'>,
  group: number,
): Pick<PartlyBinaryWeights, 'means' | 'deviations'> {
  const fitGroup = compat ? fitBinaryWithZeros : fitBinary;
  const means = new Float32Array((N * K) / group);
  const deviations = new Float32Array(means.length);
  const levels: BinaryLevels = { mean: 0, deviation: 0 };
  for (let g = 0; g < means.length; g++) {
    fitGroup(weights, { mask, wanted: 1 }, g * group, group, levels);
    means[g] = levels.mean;
    deviations[g] = levels.deviation;
  }
  return { means, deviations };
}

function fitRows(weights: Float64Array, N: number, K: number): Pick<PartlyBinaryWeights, 'scales' | 'zeros'> {
  const scales = new Float32Array(N);
  const zeros = new Uint8Array(N);
  const grid: AffineGrid = { scale: 0, zero: 0 };
  for (let n = 0; n < N; n++) {
    fitGrid(weights, n * K, K, SALIENT_RULE, grid);
    scales[n] = grid.scale;
    zeros[n] = grid.zero;
  }
  return { scales, zeros };
}
