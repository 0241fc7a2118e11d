/** Puts a finished run where the database and a pull request take it from. */
import path from 'node:path';
import type { Cell, RunFile } from '../../data/schema.ts';
import { divergenceMetrics } from '../divergence.ts';
import { storeErrors } from '../errors/run.ts';
import { columnsOf as columnsOfMetric, isRatio, type Metric } from '../metrics/metric.ts';
import { tasks as knownTasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import { type CellItems, packItems } from './packed-items.ts';
import { formatPublished, readRunFile, writePublished } from './run-file.ts';

/**
 * Copies a run to `<dataFolder>/results/<who>/`, the item outcomes packed into one file beside it. A copy that is there
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
  const items = `${run_id}.parquet`;
  const cells = content.cells.map((cell) => (hasItems(cell) ? { ...cell, items } : cell));
  const published = { ...content, cells };
  const present = await readRunFile(target);
  if (present !== null && formatPublished(present) === formatPublished(published)) return target;
  if (present !== null) throw storeErrors.exists(target);
  const outcomes = outcomesOf(content, path.dirname(file));
  if (outcomes.length > 0) await packItems(path.join(folder, items), outcomes);
  await writePublished(target, published);
  return target;
}

function outcomesOf({ cells }: RunFile, folder: string): CellItems[] {
  return cells.filter(hasItems).map(({ task, recipe, items }) => {
    return { task, recipe, file: path.join(folder, items), columns: columnsOf(task), bins: binsOf(task) };
  });
}

function hasItems(cell: Cell): cell is Cell & { readonly items: string } {
  return 'items' in cell && cell.items !== null;
}

/** The columns from which the metrics of a task are made, and those that tell groups of items; null for a task that this version does not have any more. */
function columnsOf(id: string): readonly string[] | null {
  const task = taskOf(id);
  if (task === null) return null;
  const { kind, metrics, groups = [] } = task;
  const all = kind === 'rolling' ? [...metrics, ...divergenceMetrics] : metrics;
  return [...all.flatMap(columnsOfMetric), ...groups];
}

/** A number that moved to another bin would move the metric by more than rounding does. */
function binsOf(id: string): Readonly<Record<string, number>> {
  const metrics: readonly Metric[] = taskOf(id)?.metrics ?? [];
  return Object.fromEntries(metrics.flatMap((one) => (isRatio(one) ? [] : [[one.confidence, one.bins]])));
}

function taskOf(id: string): Task | null {
  const known: Readonly<Record<string, Task>> = knownTasks;
  return Object.hasOwn(known, id) ? known[id]! : null;
}
