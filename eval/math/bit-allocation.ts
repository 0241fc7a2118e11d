/** SliM-LLM's choice of bits: which groups of columns get one bit more, and as many one bit fewer. */
import { type AffineGrid, type AffineRule, fitGrid, quantize } from './affine.ts';
import { type BinaryLevels, fitBinary } from './binarize.ts';
import { subtractProduct } from './subtract-product.ts';

export interface AllocationInput {
  readonly N: number;
  readonly K: number;
  /** Float64 `[N, K]`; not modified. */
  readonly weights: Float64Array;
  /** H as observed, float64 `[K, K]`. */
  readonly hessian: Float64Array;
  /** U_kk of the factor of H⁻¹, `[K]`. */
  readonly pivots: Float64Array;
  /** Group size G; divides K. */
  readonly group: number;
  /** Average bits, 2…7. */
  readonly bits: number;
}

/**
 * Bits of each group, `[K/G]`: of k groups with the least salience Σ w²/U_kk² bits − 1, of k with the most bits + 1, of the others `bits`;
 * k is that of 0 … ⌊groups/2⌋ with the smallest divergence of the layer's outputs.
 * Source: Huang et al. 2024, arXiv:2405.14917, §3.2 (salience-determined bit allocation).
 *
 * The paper measures the divergence KL(softmax(y) ‖ softmax(ŷ)) of outputs y of the layer on calibration inputs. What is minimized here is its
 * second-order term where the softmax is flat, half the variance of the error ŷ − y over the N outputs: with the rows d_n of the
 * rounding error less their mean, Σ_n d_n·H·d_nᵀ, which H gives exactly for all calibration inputs together.
 * Cost: at most N·K² multiplications.
 */
export function allocateBits(input: AllocationInput): Uint8Array {
  const { K, group, bits } = input;
  const groups = K / group;
  const order = risingSalience(salienceOf(input));
  const errors = [bits - 1, bits, bits + 1].map((own) => roundingErrors(input, own));
  const current = Float64Array.from(errors[1]);
  const growths = new Float64Array(2 * Math.floor(groups / 2));
  for (let k = 1; 2 * k <= groups; k++) {
    growths[2 * k - 2] = replaceGroup(input, current, errors[0], order[k - 1]);
    growths[2 * k - 1] = replaceGroup(input, current, errors[2], order[groups - k]);
  }
  return chooseBits(order, growths, bits);
}

/**
 * @param order    `[K/G]`: groups by rising salience
 * @param growths  of the divergence: when the least salient group loses a bit, then the most salient one gets one, then the next
 */
export function chooseBits(order: Uint32Array, growths: Float64Array, bits: number): Uint8Array {
  const groups = order.length;
  let [best, least, sum] = [0, 0, 0];
  for (let k = 1; 2 * k <= growths.length; k++) {
    sum += growths[2 * k - 2];
    sum += growths[2 * k - 1];
    if (sum < least) [best, least] = [k, sum];
  }
  const chosen = new Uint8Array(groups).fill(bits);
  for (let i = 0; i < best; i++) {
    chosen[order[i]]--;
    chosen[order[groups - 1 - i]]++;
  }
  return chosen;
}

/** Σ w²/U_kk² of each group, `[K/G]`. */
function salienceOf({ N, K, weights, pivots, group }: AllocationInput): Float64Array {
  const salience = new Float64Array(K / group);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) salience[Math.floor(k / group)] += (weights[n * K + k] / pivots[k]) ** 2;
  }
  return salience;
}

/** Groups by rising salience, equal ones in their order. */
export function risingSalience(salience: Float64Array): Uint32Array {
  return Uint32Array.from(salience.keys()).sort((a, b) => salience[a] - salience[b] || a - b);
}

/** w − ŵ for rounding to nearest with so many bits, each column less its mean over the rows; `[N, K]`. */
function roundingErrors({ N, K, weights, group }: AllocationInput, bits: number): Float64Array {
  const errors = new Float64Array(N * K);
  const grid: AffineGrid = { scale: 0, zero: 0 };
  const levels: BinaryLevels = { mean: 0, deviation: 0 };
  const all = { mask: new Uint8Array(N * K), wanted: 0 };
  for (let at = 0; at < N * K; at += group) {
    if (bits === 1) fitBinary(weights, all, at, group, levels);
    else fitGrid(weights, at, group, ruleOf(bits), grid);
    for (let i = at; i < at + group; i++) {
      const restored =
        bits === 1
          ? levels.mean + (weights[i] >= levels.mean ? levels.deviation : -levels.deviation)
          : grid.scale * (quantize(weights[i], grid.scale, grid.zero, 2 ** bits - 1) - grid.zero);
      errors[i] = weights[i] - restored;
    }
  }
  for (let k = 0; k < K; k++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += errors[n * K + k];
    for (let n = 0; n < N; n++) errors[n * K + k] -= sum / N;
  }
  return errors;
}

/** The grid of a group with at least two bits. */
export function ruleOf(bits: number): AffineRule {
  return { bits, symmetric: false, range: 'zero', mse: false };
}

/**
 * Puts the columns of a group of `next` into `current`; returns by how much Σ_n d_n·H·d_nᵀ grows: for a change c of the group's columns
 * that is Σ c ∘ ((d_old + d_new)·H) over these columns.
 */
function replaceGroup(
  { N, K, hessian, group: G }: AllocationInput,
  current: Float64Array,
  next: Float64Array,
  group: number,
): number {
  const start = group * G;
  const both = current.map((value) => 2 * value);
  const change = new Float64Array(N * G);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < G; i++) {
      const at = n * K + start + i;
      change[n * G + i] = next[at] - current[at];
      both[at] += change[n * G + i];
      current[at] = next[at];
    }
  }
  const product = new Float64Array(N * G);
  subtractProduct(
    { data: product, at: 0, stride: G },
    { data: both, at: 0, stride: K },
    { data: hessian, at: start, stride: K },
    N,
    G,
    K,
  );
  return product.reduce((sum, value, i) => sum - value * change[i], 0);
}
