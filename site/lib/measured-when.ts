/** When a method or a task was measured: the runs that have cells of it, newest first. */
import { type Run, runs } from './catalogue.ts';
import { onceFor } from './once.ts';
import { type CellMetric, createdAt, runCells } from './run-record.ts';

export interface Measured {
  readonly run_id: string;
  /** `2026-11-26 22:59 UTC` */
  readonly created_at: string;
  readonly n_cells: number;
  readonly n_failed: number;
  readonly models: readonly string[];
}

export type MeasuredSubject = 'method_id' | 'task_id';

/** By id. */
export const measuredWhen = onceFor(
  async (subject: MeasuredSubject): Promise<ReadonlyMap<string, readonly Measured[]>> => {
    const cells = await runCells();
    const found = new Map<string, Measured[]>();
    for (const run of await runs()) {
      for (const [id, own] of Map.groupBy(cells.get(run.id) ?? [], (cell) => cell[subject])) {
        if (id === null) continue;
        const known = found.get(id) ?? [];
        found.set(id, known);
        known.push(measured(run, own));
      }
    }
    return found;
  },
);

function measured(run: Run, cells: readonly CellMetric[]): Measured {
  // A finished cell has an entry for every metric.
  const keys = new Map(cells.map(({ cell_key, error_code }) => [cell_key, error_code]));
  return {
    run_id: run.id,
    created_at: createdAt(run),
    n_cells: keys.size,
    n_failed: [...keys.values()].filter((code) => code !== null).length,
    models: [...new Set(cells.map(({ model_id }) => model_id))].sort(),
  };
}
