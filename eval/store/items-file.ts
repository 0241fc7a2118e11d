/** Item outcomes as Parquet: written whole or not at all, and read back as the same table. */
import {
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api';
import { sqlText } from '../../data/sql-text.ts';
import { storeErrors } from '../errors/run.ts';
import type { ItemColumn, ItemTable } from '../items.ts';
import { replaceFile } from './files.ts';

const SQL_TYPES: Readonly<Record<ItemColumn['type'], string>> = {
  text: 'VARCHAR',
  int: 'INTEGER',
  double: 'DOUBLE',
  bool: 'BOOLEAN',
  doubles: 'DOUBLE[]',
};

const CHUNK_TYPES: Readonly<Record<ItemColumn['type'], DuckDBType>> = {
  text: VARCHAR,
  int: INTEGER,
  double: DOUBLE,
  bool: BOOLEAN,
  doubles: LIST(DOUBLE),
};

/** @throws store/read-only, store/disk-full, store/disk */
export async function writeItems(
  connection: DuckDBConnection,
  file: string,
  items: ItemTable,
): Promise<void> {
  const columns = items.columns.map(({ name, type }) => `${identifier(name)} ${SQL_TYPES[type]}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE item_rows (${columns.join(', ')})`);
  try {
    await append(connection, items);
    await replaceFile(file, async (temporary) => {
      await connection.run(`COPY item_rows TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
    });
  } finally {
    await connection.run('DROP TABLE IF EXISTS item_rows');
  }
}

/**
 * @param wanted  columns to read where the file has them; null reads all
 * @throws store/items for a file that is missing or holds something else
 */
export async function readItems(
  connection: DuckDBConnection,
  file: string,
  wanted: readonly string[] | null = null,
): Promise<ItemTable> {
  const columns =
    wanted === null ? '*' : `COLUMNS(lambda name: list_contains([${wanted.map(sqlText).join(', ')}], name))`;
  try {
    const reader = await connection.runAndReadAll(`SELECT ${columns} FROM read_parquet(${sqlText(file)})`);
    const values = reader.getColumnsJS();
    const names = reader.columnNames();
    return {
      rows: reader.currentRowCount,
      // Without rows DuckDB gives no columns of values.
      columns: names.map((name, i) => toColumn(name, reader.columnTypeId(i), values[i] ?? [])),
    };
  } catch (cause) {
    throw storeErrors.items(file, cause);
  }
}

/** Rows that DuckDB takes at a time. */
const CHUNK_ROWS = 2048;

async function append(connection: DuckDBConnection, { rows, columns }: ItemTable): Promise<void> {
  const appender = await connection.createAppender('item_rows');
  const types = columns.map(({ type }) => CHUNK_TYPES[type]);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from);
    const chunk = DuckDBDataChunk.create(types, count);
    chunk.setColumns(columns.map((column) => valuesOf(column, from, from + count)));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function valuesOf(column: ItemColumn, from: number, to: number): DuckDBValue[] {
  switch (column.type) {
    case 'text':
      return column.values.slice(from, to);
    case 'bool':
      return Array.from(column.values.subarray(from, to), (value) => value === 1);
    case 'doubles':
      return column.values.slice(from, to).map((list) => listValue([...list]));
    default:
      return [...column.values.subarray(from, to)];
  }
}

function toColumn(name: string, type: DuckDBTypeId, values: readonly unknown[]): ItemColumn {
  switch (type) {
    case DuckDBTypeId.VARCHAR:
      return { name, type: 'text', values: values as string[] };
    case DuckDBTypeId.INTEGER:
      return { name, type: 'int', values: Int32Array.from(values as number[]) };
    case DuckDBTypeId.DOUBLE:
      return { name, type: 'double', values: Float64Array.from(values as number[]) };
    case DuckDBTypeId.BOOLEAN:
      return { name, type: 'bool', values: Uint8Array.from(values as boolean[], Number) };
    case DuckDBTypeId.LIST:
      return { name, type: 'doubles', values: (values as number[][]).map((list) => Float64Array.from(list)) };
    default:
      throw new TypeError(`column "${name}" has type ${DuckDBTypeId[type]}`);
  }
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
