import type { Cell } from '../../../data/schema.ts';
import { didYouMean } from '../../nearest.ts';
import type { Task } from '../../tasks/task.ts';
import { allTasks } from '../all-tasks.ts';
import { inert } from '../problem.ts';
import { cellPath, type PlacedCell, placedCells } from './cells.ts';
import { defineRule, type Finding } from './rule.ts';

export const knownTask = defineRule({
  id: 'known-task',
  demands:
    'Tasks are in data/tasks.json and in the pipeline, in a version that exists, with settings that they take.',
  severity: 'refused',
  *check(submission, { catalogues }) {
    const byTask = Map.groupBy(placedCells(submission), ({ cell }) =>
      JSON.stringify([cell.task, cell.task_version, cell.settings]),
    );
    for (const [{ cell, path }] of byTask.values() as Iterable<[PlacedCell]>) {
      const at = cellPath(submission, path, 'task');
      const names = [...catalogues.tasks.keys()].filter((id) => allTasks.has(id));
      const task = allTasks.get(cell.task);
      if (task === undefined || !catalogues.tasks.has(cell.task))
        yield {
          path: at,
          found: inert(cell.task),
          fix: `${didYouMean(cell.task, names)} Only tasks of the pipeline are taken.`.trim(),
        };
      else yield* checkVersion(at, cell, task);
    }
  },
});

function* checkVersion(
  path: Finding['path'],
  { task_version, settings }: Cell,
  task: Task,
): Iterable<Finding> {
  const found = `version ${task_version} of ${task.id}, which is at ${task.version}`;
  if (task_version > task.version) yield { path, found, fix: 'There is no such version yet.' };
  if (task_version < task.version)
    yield {
      path,
      found,
      fix: 'Older versions are kept and not compared with new ones.',
      severity: 'flagged',
    };
  if (!task.settings.safeParse(settings).success)
    yield {
      path,
      found: `settings that ${task.id} does not take`,
      fix: 'Send the run as the pipeline wrote it.',
    };
}
