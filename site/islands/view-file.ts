/** The rows and columns in view as a file: pinned rows first and marked, then the others in their order. */
import type { EngineResult } from '../lib/board-engine.ts';
import type { BoardState } from '../lib/board-state.ts';
import { toCsv } from '../lib/csv.ts';
import type { LiveTable } from '../lib/payload.ts';
import type { Row } from '../lib/row-types.ts';
import { saveCsv, saveFile } from '../lib/save-file.ts';
import type { BoardColumn } from './columns.tsx';

type Cell = string | number | null;

interface ViewTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export function saveView(
  format: 'csv' | 'json',
  state: BoardState,
  columns: readonly BoardColumn<Row>[],
  table: LiveTable,
  result: EngineResult,
): void {
  const view = viewTable(state, columns, table, result);
  const name = `bitloss-${state.view}.${format}`;
  if (format === 'csv') saveCsv(name, toCsv(view.header, view.rows));
  else saveFile(name, new Blob([viewJson(view, location.href)], { type: 'application/json' }));
}

/** A column `pinned` (1 or 0) stands first where a row is pinned. */
export function viewTable(
  state: BoardState,
  columns: readonly BoardColumn<Row>[],
  table: LiveTable,
  { order, pinned }: Pick<EngineResult, 'order' | 'pinned'>,
): ViewTable {
  const shown = columns.filter(({ id, shown, isLink }) => isLink !== true && (state.columns[id] ?? shown));
  const mark = (place: number): readonly Cell[] => (pinned === 0 ? [] : [place < pinned ? 1 : 0]);
  return {
    header: [...(pinned === 0 ? [] : ['pinned']), ...shown.map(({ id }) => id)],
    rows: Array.from(order, (index, place) => {
      const row = table.row(index);
      return [...mark(place), ...shown.map(({ text }) => text(row))];
    }),
  };
}

/** `address` shows the same view again. */
export function viewJson({ header, rows }: ViewTable, address: string): string {
  const objects = rows.map((row) => Object.fromEntries(header.map((name, place) => [name, row[place]])));
  return JSON.stringify({ address, rows: objects }, null, 1);
}
