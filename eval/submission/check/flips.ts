import type { Paired } from '../../../data/schema.ts';
import { isRatio } from '../../metrics/metric.ts';
import { mcnemarExact } from '../../stats/mcnemar.ts';
import { termsOf } from '../../stats/measure.ts';
import { BASELINE, metricPath } from './cells.ts';
import { hasColumns, type Remeasured, remeasurable } from './remeasured.ts';
import { defineRule, type Submission } from './rule.ts';

export const flips = defineRule({
  id: 'flips',
  demands:
    'Items lost and gained, and the p-value of McNemar, come out again from the outcomes with and without compression.',
  severity: 'refused',
  *check(submission) {
    for (const one of remeasurable(submission)) {
      if (one.placed.cell.recipe === BASELINE) continue;
      const counted = flipsOf(submission, one);
      if (counted === null) continue;
      const sent = one.sent.paired;
      const { lost, gained } = counted;
      const path = metricPath(submission, one.placed.path, one.index, 'lost');
      const name = `${one.sent.metric} of ${one.placed.cell.recipe} on ${one.placed.cell.task}`;
      if (sent?.lost !== lost || sent.gained !== gained)
        yield {
          path,
          found: `${sent?.lost ?? 'nothing'} lost and ${sent?.gained ?? 'nothing'} gained for ${name}`,
          fix: `The outcomes give ${lost} lost and ${gained} gained.`,
        };
      else if (!isClose(sent.mcnemar_p, mcnemarExact(lost, gained)))
        yield {
          path: metricPath(submission, one.placed.path, one.index, 'mcnemar_p'),
          found: `p = ${sent.mcnemar_p} for ${name}`,
          fix: `${lost} lost and ${gained} gained give ${mcnemarExact(lost, gained)}.`,
        };
    }
  },
});

function flipsOf(
  submission: Submission,
  { placed, metric, items }: Remeasured,
): (Pick<Paired, 'lost' | 'gained'> & { lost: number; gained: number }) | null {
  if (!isRatio(metric) || metric.unit !== 'fraction') return null;
  const { task } = placed.cell;
  const baseline = submission.outcomes!.tableOf(task, BASELINE);
  if (baseline === null || baseline.rows !== items.rows || !hasColumns(baseline, metric)) return null;
  const after = termsOf(task, metric, items).sum;
  const before = termsOf(task, metric, baseline).sum;
  let lost = 0;
  let gained = 0;
  for (const [item, value] of after.entries()) {
    const earlier = before[item]!;
    if ((value !== 0 && value !== 1) || (earlier !== 0 && earlier !== 1)) return null;
    if (value < earlier) lost += 1;
    if (value > earlier) gained += 1;
  }
  return { lost, gained };
}

function isClose(sent: number | null, again: number): boolean {
  return sent !== null && Math.abs(sent - again) <= 1e-5 * again;
}
