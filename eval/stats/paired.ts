/** Compares a compressed model with its 16-bit original item by item. */
import type { Paired } from '../../data/schema.ts';
import * as errors from '../errors/task.ts';
import { type ItemTable, idsOf } from '../items.ts';
import { isRatio, type Metric, type RatioMetric } from '../metrics/metric.ts';
import { bootstrapIntervals, type Interval, type Statistic } from './bootstrap.ts';
import { hasSomethingToLose, keptShare } from './kept.ts';
import { mcnemarExact } from './mcnemar.ts';
import { type Terms, termsOf } from './measure.ts';

/** The ends of a 95 % interval then vary by about 2 % of its half-width from seed to seed: √(0.025 · 0.975 / 4000) / φ(1.96) / 1.96. */
const RESAMPLES = 4000;
const LEVEL = 0.95;

interface Comparable {
  readonly id: string;
  readonly chance: number | null;
  readonly metrics: readonly Metric[];
}

/** The terms of one metric with compression and without. */
interface Pair {
  readonly metric: RatioMetric;
  readonly after: Terms;
  readonly before: Terms;
}

/**
 * The paired comparison of every metric of a task, by metric id; null where there is nothing to say about it.
 * @throws task/unpaired unless both tables hold the same items in the same order
 */
export function compareWithBaseline(
  task: Comparable,
  items: ItemTable,
  baseline: ItemTable,
  seed = 0,
): Readonly<Record<string, Paired | null>> {
  requireSameItems(task.id, items, baseline);
  const pairs = task.metrics.filter(isRatio).map(
    (metric): Pair => ({
      metric,
      after: termsOf(task.id, metric, items),
      before: termsOf(task.id, metric, baseline),
    }),
  );
  const intervals = keptIntervals(pairs, task.chance, items.rows, seed);
  const compared = new Map(
    pairs.map((pair) => [pair.metric.id, comparison(pair, intervals.get(pair) ?? null)]),
  );
  return Object.fromEntries(task.metrics.map(({ id }) => [id, compared.get(id) ?? null]));
}

function comparison({ metric, after, before }: Pair, kept: Interval | null): Paired | null {
  const areRightOrWrong = metric.unit === 'fraction' && [after.sum, before.sum].every(isRightOrWrong);
  const flips = areRightOrWrong ? countFlips(after.sum, before.sum) : null;
  if (kept === null && flips === null) return null;
  return {
    kept_low: kept?.low ?? null,
    kept_high: kept?.high ?? null,
    lost: flips?.lost ?? null,
    gained: flips?.gained ?? null,
    mcnemar_p: flips === null ? null : mcnemarExact(flips.lost, flips.gained),
  };
}

function keptIntervals(
  pairs: readonly Pair[],
  chance: number | null,
  n: number,
  seed: number,
): ReadonlyMap<Pair, Interval | null> {
  const comparable = pairs.filter((pair) => n > 1 && hasSomethingToLose(pair.metric, chance, pair.before));
  const statistics = comparable.map(
    ({ metric, after, before }): Statistic =>
      (indices) =>
        keptShare(metric, chance, ratioOf(after, indices), ratioOf(before, indices)),
  );
  const intervals = bootstrapIntervals(n, statistics, { resamples: RESAMPLES, seed, level: LEVEL });
  return new Map(comparable.map((pair, index) => [pair, intervals[index]!]));
}

function ratioOf({ sum, per }: Terms, indices: Uint32Array): number {
  return sumAt(sum, indices) / (per === null ? indices.length : sumAt(per, indices));
}

function sumAt(values: Float64Array, indices: Uint32Array): number {
  let total = 0;
  for (let i = 0; i < indices.length; i++) total += values[indices[i]!]!;
  return total;
}

const isRightOrWrong = (values: Float64Array) => values.every((value) => value === 0 || value === 1);

function countFlips(
  after: Float64Array,
  before: Float64Array,
): { readonly lost: number; readonly gained: number } {
  let lost = 0;
  let gained = 0;
  for (const [index, right] of after.entries()) {
    if (right < before[index]!) lost += 1;
    if (right > before[index]!) gained += 1;
  }
  return { lost, gained };
}

function requireSameItems(task: string, items: ItemTable, baseline: ItemTable): void {
  if (items.rows !== baseline.rows) {
    throw errors.unpairedItems(task, `${items.rows} items against ${baseline.rows}`);
  }
  const ids = idsOf(task, items);
  const different = idsOf(task, baseline).findIndex((id, index) => id !== ids[index]);
  if (different !== -1)
    throw errors.unpairedItems(task, `item ${different + 1} is "${ids[different]}" and not the same`);
}
