import type { DuckDBConnection } from '@duckdb/node-api';

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

/** Appends rows to a table; every row must have exactly the table's columns. */
export async function insertRows(
  connection: DuckDBConnection,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  // Several times as fast as asking `duckdb_columns()`, which lists those of all tables.
  const columns = (await connection.runAndReadAll(`SELECT * FROM "${table}" LIMIT 0`)).columnNames();
  const appender = await connection.createAppender(table);
  for (const row of rows) {
    for (const column of columns) {
      const cell = row[column];
      if (cell === undefined) throw new Error(`[database] a row for ${table} lacks the column ${column}`);
      if (cell === null) appender.appendNull();
      else if (typeof cell === 'string') appender.appendVarchar(cell);
      else if (typeof cell === 'number') appender.appendDouble(cell);
      else appender.appendBoolean(cell);
    }
    appender.endRow();
  }
  appender.closeSync();
}
