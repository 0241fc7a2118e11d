import { sweepSchema } from '../../config.ts';
import { inert } from '../problem.ts';
import { placedCells } from './cells.ts';
import { defineRule, type Finding, type Submission } from './rule.ts';

const SWEEP = ['run', 'settings', 'sweep'] as const;

export const complete = defineRule({
  id: 'complete',
  demands:
    'The manifest holds the whole sweep, one model, and the data of every task; every cell that the sweep asks for is there, and no other.',
  severity: 'refused',
  *check(submission) {
    const { run } = submission.run;
    const sweep = sweepSchema.safeParse(run.settings.sweep);
    if (!sweep.success) {
      const [issue] = sweep.error.issues;
      yield {
        path: [...SWEEP, ...(issue!.path as string[])],
        found: `no sweep that can be run again: ${inert(issue!.message)}`,
        fix: 'Send the manifest as the pipeline wrote it.',
      };
      return;
    }
    if (run.models.length !== 1)
      yield {
        path: ['run', 'models'],
        found: `${run.models.length} models`,
        fix: 'A run is of one model; send one file for each.',
      };
    if (run.datasets.length === 0)
      yield { path: ['run', 'datasets'], found: 'none', fix: 'Name the data with their hashes.' };
    yield* comparedWithSweep(submission, sweep.data.recipes, sweep.data.tasks);
    if (sweep.data.engine !== run.engine.id || sweep.data.seed !== run.seed)
      yield {
        path: [...SWEEP],
        found: `engine ${inert(sweep.data.engine)} and seed ${sweep.data.seed}, and ${run.engine.id} and ${run.seed} in the manifest`,
        fix: 'Send the manifest as the pipeline wrote it.',
      };
  },
});

function* comparedWithSweep(
  submission: Submission,
  recipes: readonly string[],
  tasks: readonly string[],
): Iterable<Finding> {
  const nameOf = (recipe: string, task: string) => `${recipe} ${task}`;
  const wanted = new Set(recipes.flatMap((recipe) => tasks.map((task) => nameOf(recipe, task))));
  const cells = placedCells(submission);
  const there = new Set(cells.map(({ cell }) => nameOf(cell.recipe, cell.task)));
  const extra = cells.filter(({ cell }) => !wanted.has(nameOf(cell.recipe, cell.task)));
  if (extra.length > 0)
    yield {
      path: extra[0]!.path,
      found: `${extra.length} cells that the sweep does not ask for, first ${inert(extra[0]!.cell.recipe)} on ${inert(extra[0]!.cell.task)}`,
      fix: 'Send the run as the pipeline wrote it.',
    };
  const missing = [...wanted].filter((name) => !there.has(name));
  if (missing.length > 0)
    yield {
      path: [...SWEEP, 'recipes'],
      found: `${missing.length} of ${wanted.size} cells that the sweep asks for and the file does not have, first ${inert(missing[0]!)}`,
      fix: 'Measure them, or say in the pull request why they are left out: a cell that fails is recorded with its error.',
      severity: 'flagged',
    };
}
