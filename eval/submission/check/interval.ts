import type { Paired } from '../../../data/schema.ts';
import { isRatio, type RatioMetric } from '../../metrics/metric.ts';
import { hasSomethingToLose, keptShare } from '../../stats/kept.ts';
import { onScale, type Terms, termsOf } from '../../stats/measure.ts';
import { compareWithBaseline } from '../../stats/paired.ts';
import { allTasks } from '../all-tasks.ts';
import { BASELINE, metricPath } from './cells.ts';
import { hasColumns, isCoarse, type Remeasured, remeasurable } from './remeasured.ts';
import { defineRule, type Submission } from './rule.ts';

/** Of the width of an interval: what rounding of outcomes and of printed digits may move its ends by. */
const ROUNDING = 0.03;
/** In standard errors of the normal approximation, which does not know how skewed a distribution is. */
const APPROXIMATION = 1.5;
const NORMAL_95 = 1.96;
/** Standard errors between 16 bit and chance below which a ratio of two such differences is not normal at all. */
const FAR_FROM_CHANCE = 8;

interface Interval {
  readonly low: number;
  readonly high: number;
}

export const interval = defineRule({
  id: 'interval',
  demands:
    'The interval of what is kept comes out again: drawn with the same seed for a few files, against its normal approximation for many.',
  severity: 'refused',
  *check(submission, { intervals }) {
    for (const one of remeasurable(submission)) {
      if (one.placed.cell.recipe === BASELINE) continue;
      const terms = termsFor(submission, one);
      if (terms === null) continue;
      const expected = intervals === 'exact' ? drawn(submission, one) : approximate(terms);
      const sent = one.sent.paired ?? { kept_low: null, kept_high: null };
      if (agrees(sent, expected)) continue;
      // Of coarse outcomes an interval cannot come out to the digit, so a person looks at it.
      const isRounded =
        intervals === 'exact' && isCoarse(submission, one) && agrees(sent, approximate(terms));
      const again =
        expected === null ? 'none' : `${expected.low.toPrecision(6)} to ${expected.high.toPrecision(6)}`;
      yield {
        path: metricPath(submission, one.placed.path, one.index, 'kept_low'),
        found: `${sent.kept_low} to ${sent.kept_high} kept for ${one.sent.metric} of ${one.placed.cell.recipe} on ${one.placed.cell.task}`,
        fix: `The outcomes give ${again}${intervals === 'exact' ? '' : ', by approximation'}.`,
        severity: isRounded ? 'flagged' : 'refused',
      };
    }
  },
});

type Sent = Pick<Paired, 'kept_low' | 'kept_high'>;

function agrees({ kept_low: low, kept_high: high }: Sent, expected: Expected): boolean {
  if (low === null || high === null || expected === null)
    return low === null && high === null && expected === null;
  return Math.abs(low - expected.low) <= expected.slack && Math.abs(high - expected.high) <= expected.slack;
}

interface Pair {
  readonly metric: RatioMetric;
  readonly chance: number | null;
  readonly after: Terms;
  readonly before: Terms;
}

function termsFor(submission: Submission, { placed, metric, items }: Remeasured): Pair | null {
  const { task } = placed.cell;
  const baseline = submission.outcomes!.tableOf(task, BASELINE);
  if (!isRatio(metric) || baseline === null || baseline.rows !== items.rows || !hasColumns(baseline, metric))
    return null;
  const [after, before] = [items, baseline].map((table) => termsOf(task, metric, table));
  return { metric, chance: allTasks.get(task)!.chance, after: after!, before: before! };
}

type Expected = (Interval & { readonly slack: number }) | null;

/** The bootstrap as the pipeline draws it. */
function drawn(submission: Submission, { placed, metric, items }: Remeasured): Expected {
  const { task } = placed.cell;
  const baseline = submission.outcomes!.tableOf(task, BASELINE)!;
  const compared = compareWithBaseline(
    { id: task, chance: allTasks.get(task)!.chance, metrics: [metric] },
    items,
    baseline,
  )[metric.id];
  const { kept_low: low = null, kept_high: high = null } = compared ?? {};
  return low === null || high === null
    ? null
    : { low, high, slack: ROUNDING * (high - low) + 1e-5 * Math.abs(high) + 1e-9 };
}

/** Kept ± 1.96 standard errors by linearization: each item's part in the change of the ratio of ratios. */
function approximate({ metric, chance, after, before }: Pair): Expected {
  const n = after.sum.length;
  if (n < 2 || !hasSomethingToLose(metric, chance, before)) return null;
  const [a, b] = [ratioOf(after), ratioOf(before)];
  const kept = keptShare(metric, chance, a.ratio, b.ratio);
  let squares = 0;
  for (let i = 0; i < n; i++) squares += partOf(i) ** 2;
  const error = Math.sqrt(squares * (n / (n - 1)));
  const isNear =
    metric.unit !== 'perplexity' &&
    (b.ratio - (chance ?? 0)) ** 2 < FAR_FROM_CHANCE ** 2 * varianceOf(before, b);
  const slack = isNear ? Number.POSITIVE_INFINITY : APPROXIMATION * error + 1.5 / n + 1e-5 * Math.abs(kept);
  return { low: kept - NORMAL_95 * error, high: kept + NORMAL_95 * error, slack };

  function partOf(i: number): number {
    const inAfter = (after.sum[i]! - a.ratio * (after.per?.[i] ?? 1)) / a.total;
    const inBefore = (before.sum[i]! - b.ratio * (before.per?.[i] ?? 1)) / b.total;
    // For perplexities kept is e to a difference; for fractions a ratio of differences from chance.
    if (metric.unit === 'perplexity') return onScale(metric.scale, b.ratio - a.ratio) * (inBefore - inAfter);
    return (inAfter - kept * inBefore) / (b.ratio - (chance ?? 0));
  }
}

function ratioOf({ sum, per }: Terms): { readonly ratio: number; readonly total: number } {
  const total = per === null ? sum.length : per.reduce((all, value) => all + value, 0);
  return { ratio: sum.reduce((all, value) => all + value, 0) / total, total };
}

function varianceOf({ sum, per }: Terms, { ratio, total }: ReturnType<typeof ratioOf>): number {
  return sum.reduce((all, value, i) => all + (value - ratio * (per?.[i] ?? 1)) ** 2, 0) / total ** 2;
}
