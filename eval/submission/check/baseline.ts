import { BASELINE, finishedCells, questionOf } from './cells.ts';
import { defineRule } from './rule.ts';

export const baseline = defineRule({
  id: 'baseline',
  demands:
    'Every task of a run is measured with fp16 too, in the same run: by the same engine on the same machine.',
  severity: 'refused',
  *check(submission) {
    const all = finishedCells(submission);
    const measured = new Set(
      all.filter(({ cell }) => cell.recipe === BASELINE).map(({ cell }) => questionOf(cell)),
    );
    const missing = Map.groupBy(
      all.filter(({ cell }) => !measured.has(questionOf(cell))),
      ({ cell }) => questionOf(cell),
    );
    for (const [first, ...others] of missing.values())
      yield {
        path: first!.path,
        found: `${others.length + 1} cells of ${first!.cell.task} and none of ${BASELINE} with its settings`,
        fix: `Measure ${first!.cell.task} with ${BASELINE} in this run.`,
      };
  },
});
