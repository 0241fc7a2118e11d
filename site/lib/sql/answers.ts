/** Answers of the examples at the version of the site, for readers without scripts. */
import { select } from '../db.ts';
import { EXAMPLES } from './examples.ts';
import { type Cell, cellOf } from './result.ts';
import { sqlTables } from './tables.ts';

/** Rows of an answer that stand on the page. */
const ROWS = 8;

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether there are more rows than stand here. */
  readonly isCut: boolean;
}

/** By example. Every statement runs over the tables of the page, so an example that does not work stops the build. */
export async function answers(): Promise<ReadonlyMap<string, Answer>> {
  await sqlTables();
  const found = new Map<string, Answer>();
  for (const { id, sql } of EXAMPLES) {
    const rows = await select<Record<string, unknown>>(sql);
    const columns = Object.keys(rows[0] ?? {});
    const cells = rows.slice(0, ROWS).map((row) => columns.map((column) => cellOf(row[column], 0)));
    found.set(id, { columns, rows: cells, isCut: rows.length > ROWS });
  }
  return found;
}
