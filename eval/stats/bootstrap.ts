/** Percentile intervals from resampled items. */
import { createRng } from '../math/rng.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly resamples: number;
  readonly seed: number;
  /** Share of resamples inside the interval, such as 0.95. */
  readonly level: number;
}

/**
 * Percentile bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13): items are drawn with
 * replacement, the same draw for everything that `statistic` looks at, so that paired values stay paired.
 * @param statistic gets item indices, uint32 [n]; must not keep the array
 * @returns null where an end of the interval is not finite
 * Cost: resamples × n draws.
 */
export function bootstrapInterval(
  n: number,
  statistic: (indices: Uint32Array) => number,
  { resamples, seed, level }: BootstrapOptions,
): Interval | null {
  const rng = createRng(seed);
  const indices = new Uint32Array(n);
  const values = new Float64Array(resamples);
  for (let i = 0; i < resamples; i++) {
    for (let j = 0; j < n; j++) indices[j] = rng.int(n);
    values[i] = statistic(indices);
  }
  values.sort();
  const low = quantile(values, (1 - level) / 2);
  const high = quantile(values, (1 + level) / 2);
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high } : null;
}

/** Quantile of sorted values by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996). */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (position - below) * (high - low);
}
