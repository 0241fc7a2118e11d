import type { Chart } from '../charts/chart.ts';
import { type CsvCell, toCsv } from './csv.ts';
import type { ViewName, ViewRow } from './db.ts';
import { chartFile, chartSpec } from './draw-chart.ts';

/** A chart of these rows as the text of a file of that kind; `prefix` as in `chartFile`. */
export async function chartFiles<View extends ViewName>(
  chart: Chart<View>,
  rows: readonly ViewRow<View>[],
  kind: 'svg' | 'vl.json' | 'csv',
  prefix?: string,
): Promise<string> {
  if (kind === 'svg') return chartFile(chart, rows, prefix);
  if (kind === 'vl.json') return chartSpec(chart, rows);
  const columns = Object.keys(rows[0] ?? {});
  return toCsv(
    columns,
    rows.map((row) => columns.map((column) => cellOf((row as Record<string, unknown>)[column]))),
  );
}

function cellOf(value: unknown): CsvCell {
  return typeof value === 'number' || typeof value === 'string' || value === null ? value : String(value);
}
