/** A run as its page shows it: the manifest, and every cell with its metrics, the failed ones too. */
import { bitsChips, type Setting } from './bits-chips.ts';
import type { Run } from './catalogue.ts';
import { selectLarge } from './db.ts';
import { bytesText, durationText } from './format.ts';
import { once } from './once.ts';

export interface CellMetric {
  readonly run_id: string;
  readonly cell_key: string;
  /** Row of the board; null where a newer run of the same cell took its place there. */
  readonly row_id: string | null;
  readonly model_id: string;
  readonly method_id: string | null;
  readonly recipe_id: string;
  readonly chips: readonly string[];
  readonly task_id: string;
  readonly task_title: string;
  readonly task_version: number;
  /** Canonical JSON. */
  readonly settings: string;
  readonly wall_ms: number;
  readonly bits_per_weight: number | null;
  readonly size_bytes: number | null;
  readonly notes: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly metric: string | null;
  readonly unit: string | null;
  readonly value: number | null;
  readonly std_error: number | null;
  readonly n: number | null;
  readonly lost: number | null;
  readonly gained: number | null;
  readonly mcnemar_p: number | null;
  readonly kept: number | null;
  readonly kept_low: number | null;
  readonly kept_high: number | null;
  readonly kept_note: string | null;
}

type Selected = Omit<CellMetric, 'chips'> & Setting;

let cells: Promise<ReadonlyMap<string, CellMetric[]>> | null = null;

/** Cells by run, in the order of recipes and tasks; a finished cell has one entry a metric, a failed one has one. */
export function runCells(): Promise<ReadonlyMap<string, CellMetric[]>> {
  cells ??= selectLarge<Selected>(
    'run_record',
    `
    WITH cell AS (
      SELECT * FROM (SELECT 0 AS place, * FROM local_cell UNION ALL BY NAME SELECT 1 AS place, * FROM file_cell)
      QUALIFY row_number() OVER (PARTITION BY run_id, cell_key ORDER BY place) = 1
    ),
    metric AS (SELECT 0 AS place, * FROM local_metric UNION ALL BY NAME SELECT 1 AS place, * FROM file_metric)
    SELECT cell.run_id, cell.cell_key, board.row_id, cell.model_id, recipe.method_id, cell.recipe_id, cell.task_id,
      coalesce(task.title, cell.task_id) AS task_title, cell.task_version, cell.settings, cell.wall_ms,
      cell.bits_per_weight, cell.size_bytes, cell.notes, cell.error_code, cell.error_message, metric.metric,
      metric.unit, metric.value, metric.std_error, metric.n, metric.lost, metric.gained, metric.mcnemar_p, board.kept,
      board.kept_low, board.kept_high, board.kept_note, recipe.tensor, recipe.w_bits, recipe.a_bits, recipe.kv_bits,
      recipe.group_size, recipe.sparsity, recipe.sparsity_pattern
    FROM cell
    LEFT JOIN metric USING (run_id, cell_key, place)
    LEFT JOIN recipe USING (recipe_id)
    LEFT JOIN task USING (task_id)
    LEFT JOIN board ON board.run_id = cell.run_id AND board.cell_key = cell.cell_key
      AND board.metric IS NOT DISTINCT FROM metric.metric
    ORDER BY cell.run_id, cell.model_id, recipe.method_id, recipe.w_bits DESC, cell.recipe_id, task_title, cell.cell_key,
      metric.metric`,
  ).then((found) =>
    Map.groupBy(
      found.map((row): CellMetric => ({ ...row, chips: bitsChips(row) })),
      ({ run_id }) => run_id,
    ),
  );
  return cells;
}

/** Rows of cells on one page of a run. */
export const CELL_PAGE = 400;

/** By row of the board, the page of its run on which it stands. */
export const cellPages = once(async (): Promise<ReadonlyMap<string, number>> => {
  const pages = [...(await runCells()).values()].flatMap((own) =>
    own.map(({ row_id }, place) => [row_id, Math.floor(place / CELL_PAGE) + 1] as const),
  );
  return new Map(pages.filter((one): one is [string, number] => one[0] !== null));
});

export interface ManifestFact {
  readonly name: string;
  readonly value: string;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The manifest as name and value, one a line; nested values get a dotted name. Nothing is left out. */
export function manifestFacts(run: Run): readonly ManifestFact[] {
  const { command: _, ...manifest } = JSON.parse(run.manifest) as { readonly [name: string]: Json };
  return Object.entries(manifest).flatMap(([name, value]) => facts(name, value));
}

export function createdAt(run: Run): string {
  const { created_at } = JSON.parse(run.manifest) as { created_at: string };
  return `${created_at.slice(0, 16).replace('T', ' ')} UTC`;
}

function facts(name: string, value: Json): readonly ManifestFact[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [{ name, value: 'none' }];
    return value.flatMap((one: Json, index) =>
      facts(value.length === 1 ? name : `${name} ${index + 1}`, one),
    );
  }
  if (value !== null && typeof value === 'object') {
    const inner = Object.entries(value);
    return inner.length === 0
      ? [{ name, value: 'none' }]
      : inner.flatMap(([key, one]) => facts(`${name}.${key}`, one));
  }
  return [{ name, value: scalar(name, value as string | number | boolean | null) }];
}

function scalar(name: string, value: string | number | boolean | null): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (name.endsWith('bytes')) return `${value.toLocaleString('en-US')} (${bytesText(value)})`;
  if (name.endsWith('_ms')) return `${value.toLocaleString('en-US')} (${durationText(value)})`;
  return String(value);
}

/** Settings of a cell in one line: `window 512, bos never`. */
export function settingsText(settings: string): string {
  return facts('', JSON.parse(settings) as Json)
    .map(({ name, value }) => `${name.slice(1)} ${value}`.trim())
    .filter((text) => text !== 'none')
    .join(', ');
}
