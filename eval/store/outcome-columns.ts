/** What rows of a Parquet file with outcomes become: columns, and of those of a task and recipe, a table. */
import type { DuckDBListVector, DuckDBVector } from '@duckdb/node-api';
import type { ItemColumn, ItemTable } from '../items.ts';
import { numberedTable } from './numbered-table.ts';

/** One column of one task and recipe. */
export interface OutcomeRow {
  readonly task: string;
  /** Null: every recipe of the task has the same values. */
  readonly recipe: string | null;
  readonly column: ItemColumn;
}

export interface OutcomeFile {
  readonly rows: readonly OutcomeRow[];
  /** Items are called by their number, from 0; null where the file has nothing of the task and recipe. */
  tableOf(task: string, recipe: string): ItemTable | null;
}

export const OUTCOME_LIMITS = {
  bytes: 8 * 2 ** 20,
  rows: 50_000,
  /** Of all lists together, and of one of them. */
  values: 5_000_000,
  items: 200_000,
  /** Characters of a name or text. */
  characters: 200,
} as const;

/** The values of a row, or why there are none. */
export function readColumn(name: string, lists: readonly DuckDBVector[], row: number): ItemColumn | string {
  const given = lists.filter((list) => (list as DuckDBListVector).getItemVector(row) !== null);
  if (given.length !== 1) return `has ${given.length} of flags, numbers and texts; it needs exactly one`;
  const list = given[0] as DuckDBListVector;
  const start = list.getEntryOffset(row);
  const length = list.getEntryLength(row);
  if (length === 0 || length > OUTCOME_LIMITS.items)
    return `has ${length} items; it needs 1 to ${OUTCOME_LIMITS.items}`;
  const values: unknown[] = [];
  for (let i = start; i < start + length; i++) values.push(list.childVector.getItem(i));
  const missing = values.indexOf(null);
  if (missing !== -1) return `has nothing for item ${missing}`;
  if (list === lists[0]) return { name, type: 'bool', values: Uint8Array.from(values as boolean[], Number) };
  if (list === lists[1]) return { name, type: 'double', values: Float64Array.from(values as number[]) };
  const texts = values as string[];
  if (texts.some((text) => text.length > OUTCOME_LIMITS.characters))
    return `has a text of more than ${OUTCOME_LIMITS.characters} characters`;
  return { name, type: 'text', values: texts };
}

export function outcomeFile(rows: readonly OutcomeRow[]): OutcomeFile {
  const byCell = Map.groupBy(rows, ({ task, recipe }) => JSON.stringify([task, recipe]));
  const columnsOf = (task: string, recipe: string | null) =>
    (byCell.get(JSON.stringify([task, recipe])) ?? []).map(({ column }) => column);
  const tables = new Map<string, ItemTable | null>();
  return {
    rows,
    tableOf: (task, recipe) => {
      const key = JSON.stringify([task, recipe]);
      const known = tables.get(key);
      if (known !== undefined) return known;
      const table = numberedTable([...columnsOf(task, recipe), ...columnsOf(task, null)]);
      tables.set(key, table);
      return table;
    },
  };
}
