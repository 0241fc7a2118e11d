import type { FinishedCell } from '../../../data/schema.ts';
import { didYouMean } from '../../nearest.ts';
import { allTasks, metricsOf } from '../all-tasks.ts';
import { inert } from '../problem.ts';
import { cellPath, finishedCells, metricPath, type PlacedCell } from './cells.ts';
import { defineRule, type Submission } from './rule.ts';

export const knownMetric = defineRule({
  id: 'known-metric',
  demands: 'Every metric is one of its task, in its unit; one that is left out is shown to a person.',
  severity: 'refused',
  *check(submission) {
    for (const [{ cell, path }] of onceATask(submission)) {
      const known = metricsOf(cell.task);
      if (known.length === 0) continue;
      const left = allTasks
        .get(cell.task)!
        .metrics.filter(({ id }) => !cell.metrics.some(({ metric }) => metric === id));
      if (left.length > 0)
        yield {
          path: cellPath(submission, path, 'metrics'),
          found: `${cell.task} without ${left.map(({ id }) => id).join(', ')}`,
          fix: 'Send all metrics of a task; only one without any item to count may be missing.',
          severity: 'flagged',
        };
      for (const [index, { metric, unit }] of cell.metrics.entries()) {
        const at = metricPath(submission, path, index, 'value');
        const one = known.find(({ id }) => id === metric);
        const names = known.map(({ id }) => id);
        if (one === undefined)
          yield {
            path: at,
            found: `the metric ${inert(metric)}`,
            fix: `${didYouMean(metric, names)} ${cell.task} has ${names.join(', ')}.`.trim(),
          };
        else if (one.unit !== unit)
          yield { path: at, found: `${metric} in ${unit}`, fix: `The unit of ${metric} is ${one.unit}.` };
        if (cell.metrics.findIndex((other) => other.metric === metric) < index)
          yield { path: at, found: `${metric} twice`, fix: 'Keep one of the two.' };
      }
    }
  },
});

/** Cells share their metrics with all cells of the task but those of 16 bit, which have no divergence. */
function onceATask(submission: Submission) {
  return Map.groupBy(finishedCells(submission), ({ cell }) =>
    [cell.task, ...cell.metrics.map(({ metric, unit }) => `${metric} ${unit}`)].join(),
  ).values() as Iterable<[PlacedCell<FinishedCell>]>;
}
