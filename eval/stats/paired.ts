/** Compares a compressed model with its 16-bit original item by item. */
import type { Paired } from '../../data/schema.ts';
import * as errors from '../errors/task.ts';
import { type ItemTable, idsOf } from '../items.ts';
import type { Metric } from '../metrics/metric.ts';
import { bootstrapInterval, type Interval } from './bootstrap.ts';
import { hasKept, keptShare } from './kept.ts';
import { mcnemarExact } from './mcnemar.ts';
import { type Terms, termsOf } from './measure.ts';
import { estimateRatio } from './ratio.ts';

/** The ends of a 95 % interval then vary by about 2 % of its half-width from seed to seed: √(0.025 · 0.975 / 4000) / φ(1.96) / 1.96. */
const RESAMPLES = 4000;
const LEVEL = 0.95;

interface Comparable {
  readonly id: string;
  readonly chance: number | null;
  readonly metrics: readonly Metric[];
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
  return Object.fromEntries(
    task.metrics.map((metric) => {
      const after = termsOf(task.id, metric, items);
      const before = termsOf(task.id, metric, baseline);
      return [metric.id, comparison(task, metric, after, before, seed)];
    }),
  );
}

function comparison(
  task: Comparable,
  metric: Metric,
  after: Terms,
  before: Terms,
  seed: number,
): Paired | null {
  const interval = keptInterval(task, metric, after, before, seed);
  const flips =
    [after.sum, before.sum].every(isRightOrWrong) && metric.unit === 'fraction'
      ? countFlips(after.sum, before.sum)
      : null;
  if (interval === null && flips === null) return null;
  return {
    kept_low: interval?.low ?? null,
    kept_high: interval?.high ?? null,
    lost: flips?.lost ?? null,
    gained: flips?.gained ?? null,
    mcnemar_p: flips === null ? null : mcnemarExact(flips.lost, flips.gained),
  };
}

/** None where the baseline is within two standard errors of chance: there is nothing to lose. */
function keptInterval(
  task: Comparable,
  metric: Metric,
  after: Terms,
  before: Terms,
  seed: number,
): Interval | null {
  if (!hasKept(metric) || after.sum.length < 2) return null;
  const { ratio, stdError } = estimateRatio(before.sum, before.per);
  if (metric.unit === 'fraction' && ratio - (task.chance ?? 0) <= 2 * stdError!) return null;
  return bootstrapInterval(
    after.sum.length,
    (indices) => keptShare(metric, task.chance, ratioOf(after, indices), ratioOf(before, indices)),
    { resamples: RESAMPLES, seed, level: LEVEL },
  );
}

function ratioOf({ sum, per }: Terms, indices: Uint32Array): number {
  let numerator = 0;
  let denominator = 0;
  for (const index of indices) {
    numerator += sum[index]!;
    denominator += per === null ? 1 : per[index]!;
  }
  return numerator / denominator;
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
