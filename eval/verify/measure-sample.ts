/** Measures chosen items of a published run again: compresses each recipe once and asks only what was chosen. */
import { StoredOutcomes } from '../store/published-outcomes.ts';
import { allTasks, metricsOf } from '../submission/all-tasks.ts';
import { Workbench } from '../workbench.ts';
import { type CellComparison, compareCell, incomparableCell } from './compare-cell.ts';
import { floorFor, stackOf } from './noise-floor.ts';
import { nameOf, type PreparedAgain } from './prepare-again.ts';
import type { NamedRun } from './published-runs.ts';
import type { RunSample } from './sample.ts';

export interface SampleParts {
  readonly run: NamedRun;
  readonly sample: RunSample;
  readonly prepared: PreparedAgain;
  /** Cells that were compared earlier, by `recipe task`. */
  readonly done: ReadonlySet<string>;
  readonly log: (line: string) => void;
  /** Called before a cell is measured: false stops. */
  readonly mayGoOn: () => boolean;
  /** Called with every cell as soon as it is compared. */
  readonly keep: (comparison: CellComparison) => Promise<void>;
}

/** @returns whether everything was measured; false where it had to stop */
export async function measureSample(parts: SampleParts): Promise<boolean> {
  const { sample, prepared, done } = parts;
  const outcomes = new StoredOutcomes(parts.run.file);
  const bench = workbenchOf(parts);
  try {
    const byRecipe = Map.groupBy(sample.cells, ({ recipe }) => recipe);
    for (const [id, cells] of byRecipe) {
      const missing = cells.filter((cell) => !done.has(nameOf(cell)));
      if (missing.length === 0) continue;
      if (!parts.mayGoOn()) return false;
      const planned = prepared.run.recipes.find((recipe) => recipe.id === id);
      if (planned === undefined) {
        for (const cell of missing)
          await parts.keep(
            incomparableCell(cell, prepared.left.get(nameOf(cell)) ?? 'It is not known here.'),
          );
        continue;
      }
      const form = await bench.form(planned, () => undefined);
      try {
        for (const cell of missing) {
          if (!parts.mayGoOn()) return false;
          const now = planned.cells.find(({ task }) => task.id === cell.task);
          const why = prepared.left.get(nameOf(cell)) ?? (now === undefined ? 'It is not known here.' : null);
          if (why !== null || now === undefined) {
            await parts.keep(incomparableCell(cell, why!));
            continue;
          }
          const { items } = await form.evaluate(now, () => undefined);
          await parts.keep(
            compareCell({
              task: allTasks.get(cell.task)!,
              metrics: metricsOf(cell.task),
              published: cell,
              outcomes: await outcomes.of(cell),
              again: { metrics: null, items },
              chosen: sample.rows.get(cell.task)!,
              floor: floorFor(stackOf(parts.run.content.run), stackOf(prepared.manifest), id, true),
            }),
          );
        }
      } finally {
        await form.discard();
      }
    }
    return true;
  } finally {
    await bench.close();
  }
}

/** Its documents, or windows of a text, are those that were chosen. */
function workbenchOf({ sample, prepared, log }: SampleParts): Workbench {
  const { sweep, run, config } = prepared;
  const isWindows = (task: string) => allTasks.get(task)!.item === 'window';
  const documents = sweep.tasks.map(({ task: { id }, docs }): [string, typeof docs] => {
    const rows = isWindows(id) ? null : (sample.rows.get(id) ?? []);
    return [id, rows === null ? docs : rows.map((row) => docs[row]!)];
  });
  const bench = new Workbench(run, {
    engine: sweep.engine,
    checkpoint: sweep.models.get(run.model.manifest.source)!.checkpoint,
    documents: new Map(documents),
    windows: new Map([...sample.rows].filter(([task]) => isWindows(task))),
    calibrationText: sweep.calibrationText,
    memory: config.sweep.memory,
    cache: config.places.cache,
    keep: false,
    log,
  });
  const chosen = new Set(sample.cells.map(({ recipe }) => recipe));
  bench.expect(run.recipes.filter(({ id }) => chosen.has(id)));
  return bench;
}
