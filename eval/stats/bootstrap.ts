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

/** A number computed from drawn items, given as indices, uint32 [n]. Must neither keep nor change the array. */
export type Statistic = (indices: Uint32Array) => number;

/**
 * Percentile bootstrap (Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13): items are drawn with
 * replacement, the same draw for all statistics and for everything that each of them looks at, so that paired values
 * stay paired.
 * @returns an interval for each statistic, null where an end of it is not finite
 * Cost: resamples × n draws, whatever the number of statistics; none where the same draws were made before and are kept.
 */
export function bootstrapIntervals(
  n: number,
  statistics: readonly Statistic[],
  { resamples, seed, level }: BootstrapOptions,
): readonly (Interval | null)[] {
  if (statistics.length === 0) return [];
  const values = statistics.map(() => new Float64Array(resamples));
  let i = 0;
  for (const indices of draws(n, resamples, seed)) {
    for (const [which, statistic] of statistics.entries()) values[which]![i] = statistic(indices);
    i += 1;
  }
  return values.map((drawn) => intervalOf(drawn.sort(), level));
}

/** Draws of few items are kept: all tasks of one size draw the same, and drawing takes longer than adding up. */
const KEPT_BYTES = 64 * 2 ** 20;
const keptDraws = new Map<string, Uint32Array>();

/** The items of every resample, uint32 [n] each, valid until the next. */
function* draws(n: number, resamples: number, seed: number): Generator<Uint32Array> {
  const rng = createRng(seed);
  const draw = (to: Uint32Array) => {
    for (let j = 0; j < to.length; j++) to[j] = rng.int(n);
    return to;
  };
  if (n * resamples * Uint32Array.BYTES_PER_ELEMENT > KEPT_BYTES) {
    const indices = new Uint32Array(n);
    for (let i = 0; i < resamples; i++) yield draw(indices);
    return;
  }
  const key = `${n} ${resamples} ${seed}`;
  const known = keptDraws.get(key);
  const all = known ?? draw(new Uint32Array(n * resamples));
  if (known === undefined) keepDraws(key, all);
  for (let i = 0; i < resamples; i++) yield all.subarray(i * n, (i + 1) * n);
}

/** The oldest go where all together would take too much. */
function keepDraws(key: string, all: Uint32Array): void {
  keptDraws.set(key, all);
  let bytes = [...keptDraws.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  for (const [oldest, { byteLength }] of keptDraws) {
    if (bytes <= KEPT_BYTES) return;
    keptDraws.delete(oldest);
    bytes -= byteLength;
  }
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
