/** Puts a finished run where the database and a pull request take it from. */
import path from 'node:path';
import type { Cell, RunFile } from '../../data/schema.ts';
import { divergenceMetrics } from '../divergence.ts';
import { storeErrors } from '../errors/run.ts';
import { columnsOf as columnsOfMetric } from '../metrics/metric.ts';
import { tasks as knownTasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import { packItems, type TaskItems } from './packed-items.ts';
import { fileNameOf, formatRunFile, readRunFile, writeRunFile } from './run-file.ts';

/**
 * Copies a run to `<dataFolder>/results/<who>/`, the item outcomes packed into one file a recipe. A copy that is there
 * already stays as it is.
 * @returns the copy's path
 * @throws store/exists where another result has this place, store/…
 */
export async function publishRun(file: string, dataFolder: string, who: string): Promise<string> {
  const content = await readRunFile(file);
  if (content === null) throw storeErrors.runFile(file, ['there is no such file']);
  const folder = path.join(dataFolder, 'results', who);
  const { run_id } = content.run;
  const target = path.join(folder, `${run_id}.json`);
  const packedName = (recipe: string) => `${run_id}/${fileNameOf(recipe)}.parquet`;
  const cells = content.cells.map((cell) =>
    hasItems(cell) ? { ...cell, items: packedName(cell.recipe) } : cell,
  );
  const published = { ...content, cells };
  const present = await readRunFile(target);
  if (present !== null && formatRunFile(present) === formatRunFile(published)) return target;
  if (present !== null) throw storeErrors.exists(target);
  for (const [recipe, parts] of itemsByRecipe(content, path.dirname(file)))
    await packItems(path.join(folder, packedName(recipe)), parts);
  await writeRunFile(target, published);
  return target;
}

function itemsByRecipe({ cells }: RunFile, folder: string): ReadonlyMap<string, TaskItems[]> {
  const byRecipe = Map.groupBy(cells.filter(hasItems), ({ recipe }) => recipe);
  const partOf = ({ task, items }: { readonly task: string; readonly items: string }): TaskItems => ({
    task,
    file: path.join(folder, items),
    columns: columnsOf(task),
  });
  return new Map([...byRecipe].map(([recipe, group]) => [recipe, group.map(partOf)]));
}

function hasItems(cell: Cell): cell is Cell & { readonly items: string } {
  return 'items' in cell && cell.items !== null;
}

/** The columns from which the metrics of a task are made, and those that tell groups of items; null for a task that this version does not have any more. */
function columnsOf(id: string): readonly string[] | null {
  const known: Readonly<Record<string, Task>> = knownTasks;
  if (!Object.hasOwn(known, id)) return null;
  const { kind, metrics, groups = [] } = known[id]!;
  const all = kind === 'rolling' ? [...metrics, ...divergenceMetrics] : metrics;
  return [...all.flatMap(columnsOfMetric), ...groups];
}
