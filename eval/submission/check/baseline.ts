import { defineRule } from './rule.ts';

/** The recipe that others are compared with. */
const BASELINE = 'fp16';

export const baseline = defineRule({
  id: 'baseline',
  demands:
    'Every task of a run is measured with fp16 too, in the same run: by the same engine on the same machine.',
  severity: 'refused',
  *check({ run }) {
    const measured = new Set(
      run.cells.filter((cell) => cell.recipe === BASELINE && 'metrics' in cell).map(questionOf),
    );
    const missing = Map.groupBy(
      run.cells.filter((cell) => 'metrics' in cell && !measured.has(questionOf(cell))),
      questionOf,
    );
    for (const [first, ...others] of missing.values())
      yield {
        path: ['recipes'],
        found: `${others.length + 1} cells of ${first!.task} and none of ${BASELINE} with its settings`,
        fix: `Measure ${first!.task} with ${BASELINE} in this run.`,
      };
  },
});

const questionOf = ({
  model,
  task,
  task_version,
  settings,
}: {
  readonly model: string;
  readonly task: string;
  readonly task_version: number;
  readonly settings: object;
}) => JSON.stringify([model, task, task_version, settings]);
