/** The metrics of every committed run come out again from its packed items. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseRun } from '../../../data/compact-run.ts';
import type { FinishedCell } from '../../../data/schema.ts';
import { type ItemTable, numbersOf } from '../../../eval/items.ts';
import { metrics } from '../../../eval/metrics/index.ts';
import type { Metric } from '../../../eval/metrics/metric.ts';
import { measure } from '../../../eval/stats/measure.ts';
import { type PackedItems, readPackedItems } from '../../../eval/store/packed-items.ts';

const results = path.resolve(import.meta.dirname, '../../../data/results');
const files = globSync('*/*.json', { cwd: results });
const known: ReadonlyMap<string, Metric> = new Map(
  Object.values(metrics).map((metric) => [metric.id, metric]),
);

/** In standard errors: `rounding.ts` keeps far below the first. The run of English was rounded to three digits before. */
const toleranceOf = (model: string) => (model === 'bitloss-english-3m' ? 0.1 : 0.02);

function farthest(cell: FinishedCell, items: ItemTable): string[] {
  return cell.metrics.flatMap((published) => {
    const metric = known.get(published.metric);
    if (metric === undefined) return [];
    const again = measure(cell.task, metric, items);
    const distance = Math.abs(again.value - published.value);
    const isRightOrWrong = published.unit === 'fraction' && published.paired?.lost !== null;
    const allowed = isRightOrWrong ? 1e-9 : toleranceOf(cell.model) * (published.std_error ?? 0) + 1e-9;
    return distance <= allowed
      ? []
      : [`${cell.recipe} ${cell.task} ${published.metric}: ${published.value}, ${again.value}`];
  });
}

/** Items that were right with 16 bit and are wrong, and the reverse. */
function flips(packed: PackedItems, { task, recipe }: FinishedCell): [lost: number, gained: number] {
  const [before, after] = ['fp16', recipe].map((one) => numbersOf(task, packed.tableOf(task, one)!, 'acc'));
  const changes = after!.map((value, item) => value - before![item]!);
  return [changes.filter((change) => change < 0).length, changes.filter((change) => change > 0).length];
}

test.each(files)('%s', async (file) => {
  const { cells } = parseRun(readFileSync(path.join(results, file), 'utf8'));
  const finished = cells.filter((cell): cell is FinishedCell => 'metrics' in cell && cell.items !== null);
  expect(finished.length).toBeGreaterThan(0);
  const folder = path.dirname(path.join(results, file));
  const packed = await readPackedItems(path.join(folder, finished[0]!.items!));
  expect(finished.flatMap((cell) => farthest(cell, packed.tableOf(cell.task, cell.recipe)!))).toEqual([]);
  for (const cell of finished)
    for (const { metric, paired } of cell.metrics)
      if (metric === 'acc' && paired !== null)
        expect(flips(packed, cell), cell.recipe).toEqual([paired.lost, paired.gained]);
});
