/** Rows out of DuckDB as objects, by the hundred thousand: texts that occur again and again are decoded once each. */
import type { DuckDBConnection, DuckDBResultReader } from '@duckdb/node-api';
import { sqlText } from './sql-text.ts';

/** Tables of fewer rows are read as they are: to find what repeats would cost more than it saves. */
const LARGE = 5_000;

/** A text column of at most so many values, each in 20 rows, crosses as numbers of them. */
const MOST_VALUES = 3_000;
const ROWS_A_VALUE = 20;

/** Rows of a table that this connection made (`CREATE TEMP TABLE`), in its order. */
export async function readTable(connection: DuckDBConnection, table: string): Promise<object[]> {
  const replaced = await repeatedTexts(connection, table);
  const star = replaced.length === 0 ? '*' : `* REPLACE (${replaced.join(', ')})`;
  return rowObjects(await connection.runAndReadAll(`SELECT ${star} FROM ${table}`));
}

/** Casts of text columns to the list of their own values. */
async function repeatedTexts(connection: DuckDBConnection, table: string): Promise<readonly string[]> {
  const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRows();
  const found = await ask(
    `SELECT column_name, estimated_size FROM duckdb_columns() JOIN duckdb_tables() USING (table_oid, schema_oid, database_oid)
     WHERE temporary AND duckdb_tables.table_name = ${sqlText(table)} AND data_type = 'VARCHAR'`,
  );
  const rows = Number(found[0]?.[1] ?? 0);
  if (rows < LARGE) return [];
  const names = found.map(([name]) => `"${String(name)}"`);
  const most = Math.min(MOST_VALUES, Math.floor(rows / ROWS_A_VALUE));
  const [counts] = await ask(
    `SELECT ${names.map((name) => `approx_count_distinct(${name})`).join(', ')} FROM ${table}`,
  );
  const few = names.filter((_, place) => Number(counts![place]) > 0 && Number(counts![place]) <= most);
  if (few.length === 0) return [];
  const [lists] = await ask(
    `SELECT ${few.map((name) => `list(DISTINCT ${name})::VARCHAR[]`).join(', ')} FROM ${table}`,
  );
  return few.map((name, place) => {
    const { items } = lists![place] as { items: readonly (string | null)[] };
    const values = items.filter((value) => value !== null).map(sqlText);
    return `${name}::ENUM (${values.join(', ')}) AS ${name}`;
  });
}

/**
 * As `getRowObjectsJS`. Objects that get many keys one by one become hash tables, which take longer to make and to read;
 * copies of one that has them all do not.
 */
export function rowObjects(reader: DuckDBResultReader): object[] {
  const names = reader.columnNames();
  const columns = reader.getColumnsJS();
  const empty = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join(',')}}`) as object;
  return Array.from({ length: reader.currentRowCount }, (_, row) => {
    const made: Record<string, unknown> = { ...empty };
    for (let place = 0; place < names.length; place++) made[names[place]!] = columns[place]![row];
    return made;
  });
}
