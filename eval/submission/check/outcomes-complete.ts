import { columnsOf } from '../../metrics/metric.ts';
import type { OutcomeRow } from '../../store/outcome-columns.ts';
import { allTasks, metricsOf } from '../all-tasks.ts';
import { inert } from '../problem.ts';
import { textFault } from '../read/text-faults.ts';
import { BASELINE, cellPath, finishedCells } from './cells.ts';
import { defineRule, type Finding, type Submission } from './rule.ts';

export const outcomesComplete = defineRule({
  id: 'outcomes-complete',
  demands:
    'Every finished cell names the Parquet file of its run, and that file has the outcomes of every item of every cell, each once, and nothing else.',
  severity: 'refused',
  *check(submission) {
    const wanted = `${submission.stem}.parquet`;
    const named = Map.groupBy(finishedCells(submission), ({ cell }) => cell.items);
    for (const [items, [first]] of named)
      if (items !== wanted)
        yield {
          path: cellPath(submission, first!.path, 'items'),
          found: inert(items),
          fix: `Outcomes of a published run are in ${wanted}, beside it.`,
        };
    if (submission.outcomes === null) return;
    yield* checkRows(submission, submission.outcomes.rows);
    yield* checkCells(submission);
  },
});

function* checkRows({ run, stem }: Submission, rows: readonly OutcomeRow[]): Iterable<Finding> {
  const cells = new Set(run.cells.map(({ task, recipe }) => `${task} ${recipe}`));
  const tasks = new Set(run.cells.map(({ task }) => task));
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  const fix = 'Write the file again with pnpm submission new.';
  const at = (found: string): Finding => ({ path: [], found: `${found} in ${stem}.parquet`, fix });
  for (const { task, recipe, column } of rows) {
    const name = inert(`${task} ${column.name} ${recipe ?? '(all recipes)'}`);
    const isKnown = recipe === null ? tasks.has(task) : cells.has(`${task} ${recipe}`);
    if (!isKnown) yield at(`outcomes of no cell, ${name},`);
    const key = JSON.stringify([task, recipe, column.name]);
    if (seen.has(key)) yield at(`${name} twice`);
    seen.add(key);
    const count = counts.get(task) ?? column.values.length;
    counts.set(task, count);
    if (column.values.length !== count)
      yield at(`${column.values.length} outcomes of ${name} and ${count} of other columns`);
    if (column.type === 'text') {
      const fault = [...new Set(column.values)].map(textFault).find((one) => one !== null);
      if (fault !== undefined) yield at(`${name}: ${fault.found}`);
    }
  }
}

/** A cell needs every column that its metrics are made of. */
function* checkCells(submission: Submission): Iterable<Finding> {
  for (const { cell, path } of finishedCells(submission)) {
    const metrics = metricsOf(cell.task).filter(({ id }) => cell.metrics.some(({ metric }) => metric === id));
    if (!allTasks.has(cell.task)) continue;
    const table = submission.outcomes!.tableOf(cell.task, cell.recipe);
    const there = new Set(table?.columns.map(({ name }) => name));
    const missing = new Set(metrics.flatMap(columnsOf).filter((name) => !there.has(name)));
    if (missing.size > 0)
      yield {
        path,
        found: `no outcomes ${[...missing].join(', ')} of ${inert(cell.recipe)} on ${cell.task}`,
        fix: `Pack the outcomes of every cell, ${BASELINE} too: pnpm submission new does.`,
      };
  }
}
