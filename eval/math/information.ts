/**
 * Information calibration: the shift τ of a group for which its NormalFloat codes carry the most information.
 * Source: Qin et al. 2024 (IR-QLoRA), arXiv:2402.05445, §3.2, and its code for σ and the factors of τ.
 */

import { normalQuantile } from './normal.ts';
import { NF4_BOUNDARIES, NF4_LAST_QUANTILE } from './normal-float.ts';

/** λ and n of the paper. */
export const INFORMATION = { reach: 0.1, steps: 100 } as const;

/** Float32 `[2n+1]`: how far τ is from the median, in shares of the largest distance from it; −λσ … λσ. */
export function shiftFactors({ reach, steps } = INFORMATION): Float32Array {
  const sigma = 1 / normalQuantile(NF4_LAST_QUANTILE);
  return Float32Array.from({ length: 2 * steps + 1 }, (_, i) => reach * sigma * (i / steps - 1));
}

/** Float64 `[count + 1]`: c·log₂ c, whose sum over all codes falls as their entropy rises. */
export function informationCosts(count: number): Float64Array {
  return Float64Array.from({ length: count + 1 }, (_, c) => (c === 0 ? 0 : c * Math.log2(c)));
}

/**
 * τ of one group: median + factor · largest distance from it for the factor with the highest entropy of codes, or 0 where
 * no shift at all has a higher one; the first of equals. All in float32.
 * @param sorted  float32 weights of the group, rising
 * @param costs   of at least as many
 * Cost: a binary search for each of 15 boundaries and each factor.
 */
export function calibrateShift(sorted: Float32Array, factors: Float32Array, costs: Float64Array): number {
  const last = sorted.length - 1;
  // The lower one of two, as torch.median.
  const median = sorted[last >> 1];
  const reach = largestFrom(sorted, median);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= factors.length; i++) {
    const shift = i === factors.length ? 0 : Math.fround(Math.fround(factors[i] * reach) + median);
    const cost = codeCost(sorted, shift, costs);
    if (cost >= least) continue;
    least = cost;
    best = shift;
  }
  return best;
}

/** The largest |w − shift| in float32. */
export function largestFrom(sorted: Float32Array, shift: number): number {
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  return Math.max(Math.abs(Math.fround(low - shift)), Math.abs(Math.fround(high - shift)));
}

/** Σ c·log₂ c over the codes of w − τ, c of them each; differences rise with the weights, so codes are runs. */
function codeCost(sorted: Float32Array, shift: number, costs: Float64Array): number {
  const absmax = largestFrom(sorted, shift);
  // A group of equal numbers has one code.
  if (absmax === 0) return costs[sorted.length];
  let cost = 0;
  let before = 0;
  for (const boundary of NF4_BOUNDARIES) {
    const until = countUpTo(sorted, shift, Math.fround(boundary * absmax));
    cost += costs[until - before];
    before = until;
  }
  return cost + costs[sorted.length - before];
}

/** How many differences are at most `limit`. */
function countUpTo(sorted: Float32Array, shift: number, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Math.fround(sorted[middle] - shift) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
