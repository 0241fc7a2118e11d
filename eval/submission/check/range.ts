import type { Metric } from '../../../data/schema.ts';
import { isRatio } from '../../metrics/metric.ts';
import { allMetrics } from '../all-tasks.ts';
import { finishedCells, metricPath } from './cells.ts';
import { defineRule } from './rule.ts';

type Field = Parameters<typeof metricPath>[3];

export const range = defineRule({
  id: 'range',
  demands:
    'Numbers lie where they can: fractions and p-values between 0 and 1, perplexities at 1 or more, errors and divergences at 0 or more, intervals the right way round.',
  severity: 'refused',
  *check(submission) {
    for (const { cell, path } of finishedCells(submission))
      for (const [index, metric] of cell.metrics.entries())
        for (const [field, found, fix] of faultsOf(metric))
          yield {
            path: metricPath(submission, path, index, field),
            found: `${found} for ${metric.metric}`,
            fix,
          };
  },
});

function* faultsOf({ metric, unit, value, std_error, n, paired }: Metric): Iterable<[Field, string, string]> {
  if (unit === 'fraction' && (value < 0 || value > 1))
    yield ['value', String(value), 'A fraction lies between 0 and 1; percent are divided by 100.'];
  if (unit === 'perplexity' && value < 1) yield ['value', String(value), 'A perplexity is at least 1.'];
  if (unit !== 'fraction' && value < 0 && !isDifference(metric))
    yield ['value', String(value), 'It cannot be below 0.'];
  if (std_error === null && n > 1)
    yield ['std_error', `no standard error of ${n} items`, 'Send the standard error.'];
  // The largest there is: half of the items 0 and half of them 1.
  if (isShare(metric) && n > 1 && std_error !== null && std_error > 0.5 / Math.sqrt(n - 1) + 1e-6)
    yield [
      'std_error',
      String(std_error),
      `Of ${n} items between 0 and 1 it is at most ${0.5 / Math.sqrt(n - 1)}.`,
    ];
  if (paired === null) return;
  const { kept_low, kept_high, lost, gained } = paired;
  if (kept_low !== null && kept_high !== null && kept_low > kept_high)
    yield ['kept_low', `${kept_low} to ${kept_high}`, 'The lower end comes first.'];
  if ((kept_low === null) !== (kept_high === null))
    yield ['kept_low', 'one end of an interval', 'Send both or none.'];
  if ((lost ?? 0) + (gained ?? 0) > n)
    yield ['lost', `${lost} lost and ${gained} gained of ${n} items`, 'They cannot be more than there are.'];
}

/** Of all items, and not of those of one kind. */
function isShare(id: string): boolean {
  const metric = allMetrics.get(id);
  return metric !== undefined && metric.unit === 'fraction' && isRatio(metric) && metric.per === null;
}

/** A drop is below 0 where the score rises. */
function isDifference(id: string): boolean {
  const metric = allMetrics.get(id);
  return metric !== undefined && isRatio(metric) && metric.scale === 'one-minus';
}
