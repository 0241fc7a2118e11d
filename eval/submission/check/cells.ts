/** Walks the cells of a submission, each with its place in the file as it was sent. */
import { pathOfCell } from '../../../data/compact-run.ts';
import type { Cell, FinishedCell } from '../../../data/schema.ts';
import type { Submission } from './rule.ts';

/** The recipe that others are compared with. */
export const BASELINE = 'fp16';

type Path = readonly (string | number)[];

export interface PlacedCell<C extends Cell = Cell> {
  readonly cell: C;
  readonly path: Path;
}

export function placedCells({ run, stored }: Submission): readonly PlacedCell[] {
  if (stored.schema === 1) return run.cells.map((cell, index) => ({ cell, path: pathOfCell(stored, index) }));
  let next = 0;
  return stored.recipes.flatMap(({ cells }, place) =>
    cells.map((_, index) => ({ cell: run.cells[next++]!, path: ['recipes', place, 'cells', index] })),
  );
}

export function finishedCells(submission: Submission): readonly PlacedCell<FinishedCell>[] {
  return placedCells(submission).filter(
    (placed): placed is PlacedCell<FinishedCell> => 'metrics' in placed.cell,
  );
}

const PLACES = ['value', 'std_error', 'kept_low', 'kept_high', 'lost', 'gained', 'mcnemar_p'] as const;

/** Where a number of a metric stands: in a tuple of a published run, in a field of a run cell by cell. */
export function metricPath(
  { stored }: Submission,
  cell: Path,
  metric: number,
  field: (typeof PLACES)[number],
): Path {
  if (stored.schema === 2) return [...cell, 4, metric, PLACES.indexOf(field)];
  const isPaired = PLACES.indexOf(field) > 1;
  return [...cell, 'metrics', metric, ...(isPaired ? ['paired', field] : [field])];
}

/** Where the field of a cell stands; what cells share stands with its recipe or task. */
export function cellPath(
  { stored }: Submission,
  cell: Path,
  field:
    | 'recipe'
    | 'model'
    | 'items'
    | 'bits_per_weight'
    | 'size_bytes'
    | 'task'
    | 'cell_key'
    | 'wall_ms'
    | 'metrics',
): Path {
  if (stored.schema === 1) return [...cell, field];
  const own = ['task', 'cell_key', 'wall_ms', 'peak_memory_bytes', 'metrics'].indexOf(field);
  return own >= 0 ? [...cell, own] : [...cell.slice(0, 2), field];
}

/** What a cell asks, but for the recipe. */
export function questionOf({ model, task, task_version, settings }: Cell): string {
  return JSON.stringify([model, task, task_version, settings]);
}
