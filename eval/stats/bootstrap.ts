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

/** A number computed from drawn items, given as indices, uint32 [n]. Must not keep the array. */
export type Statistic = (indices: Uint32Array) => number;

/**
 * Percentile bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13): items are drawn with
 * replacement, the same draw for all statistics and for everything that each of them looks at, so that paired values
 * stay paired.
 * @returns an interval for each statistic, null where an end of it is not finite
 * Cost: resamples × n draws, whatever the number of statistics.
 */
export function bootstrapIntervals(
  n: number,
  statistics: readonly Statistic[],
  { resamples, seed, level }: BootstrapOptions,
): readonly (Interval | null)[] {
  if (statistics.length === 0) return [];
  const rng = createRng(seed);
  const indices = new Uint32Array(n);
  const values = statistics.map(() => new Float64Array(resamples));
  for (let i = 0; i < resamples; i++) {
    for (let j = 0; j < n; j++) indices[j] = rng.int(n);
    for (const [which, statistic] of statistics.entries()) values[which]![i] = statistic(indices);
  }
  return values.map((drawn) => intervalOf(drawn.sort(), level));
}

function intervalOf(sorted: Float64Array, level: number): Interval | null {
  const low = quantile(sorted, (1 - level) / 2);
  const high = quantile(sorted, (1 + level) / 2);
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
