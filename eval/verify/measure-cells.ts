/** Measures whole cells of a published run again, in a folder of their own, and compares them. */
import { rm } from 'node:fs/promises';
import type { Cell, RunFile } from '../../data/schema.ts';
import { StoredOutcomes } from '../store/published-outcomes.ts';
import { readRunFile } from '../store/run-file.ts';
import { scratchStore } from '../store/scratch-run.ts';
import { allTasks, metricsOf } from '../submission/all-tasks.ts';
import { executeSweep, type Surroundings } from '../sweep.ts';
import { type CellComparison, compareCell, failedCell, incomparableCell } from './compare-cell.ts';
import { floorFor, stackOf } from './noise-floor.ts';
import { nameOf, type PreparedAgain } from './prepare-again.ts';
import type { Subject } from './published-runs.ts';

/** Every cell of the subject, compared. What a killed call has finished is not measured again by the next. */
export async function measureCells(
  subject: Subject,
  prepared: PreparedAgain,
  around: Surroundings,
): Promise<readonly CellComparison[]> {
  const { config, sweep } = prepared;
  const [done] = await executeSweep(sweep, config, scratchStore(config.places.results), around);
  const { file } = done!;
  const compared = await compareRun(subject, file, (await readRunFile(file))!, prepared.left);
  // A later call measures again; only a killed one goes on.
  await rm(config.places.results, { recursive: true, force: true });
  return compared;
}

/** @param file of the repetition, which `again` was read from */
export async function compareRun(
  subject: Subject,
  file: string,
  again: RunFile,
  left: ReadonlyMap<string, string>,
): Promise<readonly CellComparison[]> {
  const there = new StoredOutcomes(subject.file);
  const here = new StoredOutcomes(file);
  const compared: CellComparison[] = [];
  for (const cell of subject.cells) {
    const other = again.cells.find((one) => nameOf(one) === nameOf(cell));
    const why = left.get(nameOf(cell)) ?? incomparable(cell, other);
    if (why !== null) compared.push(incomparableCell(cell, why));
    else if ('error' in cell || other === undefined || 'error' in other) compared.push(failedCell(cell));
    else {
      const items = await here.of(other);
      const { metrics } = other;
      compared.push(
        compareCell({
          task: allTasks.get(cell.task)!,
          metrics: metricsOf(cell.task),
          published: cell,
          outcomes: items === null ? null : await there.of(cell),
          again: { metrics, items: items ?? { rows: 0, columns: [] } },
          chosen: null,
          floor: floorFor(stackOf(subject.content.run), stackOf(again.run), cell.recipe, false),
        }),
      );
    }
  }
  return compared;
}

function incomparable(cell: Cell, other: Cell | undefined): string | null {
  if (other === undefined) return 'It was not measured here.';
  if ('error' in cell) return 'error' in other ? null : 'It failed there and not here.';
  return 'error' in other ? `It failed here: ${other.error.message}` : null;
}
