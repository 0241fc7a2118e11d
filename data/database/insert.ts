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
  const reader = await connection.runAndReadAll(
    'SELECT column_name FROM duckdb_columns() WHERE table_name = $table AND database_name = current_database() ORDER BY column_index',
    { table },
  );
  const columns = reader.getRows().map(([name]) => String(name));
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
