/**
 * Item outcomes as they are published: one small Parquet file a recipe with what a comparison item by item needs, none
 * of the texts asked or written. Columns: `task`, `item`, the columns from which metrics are made and those that tell
 * groups of items, such as a subject, null for tasks that do not have them.
 * `item` counts from 0 in the order of the task's data as `limit` cuts them, so the texts are found in the dataset that
 * the manifest names: document `item`, or window `item` of a text.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { storeErrors } from '../errors/run.ts';
import { replaceFile } from './files.ts';

/** Outcomes of one task, as `items-file.ts` writes them. */
export interface TaskItems {
  readonly task: string;
  readonly file: string;
  /** Columns to keep where the file has them; null keeps every one with numbers. */
  readonly columns: readonly string[] | null;
}

/** Far below the noise of one item, and half the file. */
const DIGITS = 3;

// Bloom filters are for lookups in large files and would be a third of this one.
const FORMAT = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 19, WRITE_BLOOM_FILTER false';

const NUMERIC = new Set(['BOOLEAN', 'INTEGER', 'DOUBLE']);

/** Writes the outcomes of all tasks of one recipe into one file. Throws `store/items` for one that cannot be read, `store/…`. */
export async function packItems(file: string, parts: readonly TaskItems[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const selects: string[] = [];
    for (const part of parts) selects.push(await selectOf(connection, part));
    const rows = selects.join(' UNION ALL BY NAME ');
    await replaceFile(file, async (temporary) => {
      await connection.run(`COPY (${rows}) TO ${literal(temporary)} (${FORMAT})`);
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function selectOf(connection: DuckDBConnection, { task, file, columns }: TaskItems): Promise<string> {
  const rows = `read_parquet(${literal(file)}, file_row_number = true)`;
  const kept = (await columnsOf(connection, file)).filter(({ name, type }) =>
    columns === null ? NUMERIC.has(type) : columns.includes(name),
  );
  const values = kept.map(({ name, type }) => {
    const column = identifier(name);
    return `${type === 'DOUBLE' ? rounded(column) : column} AS ${column}`;
  });
  const start = [`${literal(task)} AS task`, 'file_row_number::INTEGER AS item'];
  return `SELECT ${[...start, ...values].join(', ')} FROM ${rows}`;
}

async function columnsOf(connection: DuckDBConnection, file: string) {
  try {
    const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${literal(file)})`);
    return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  } catch (cause) {
    throw storeErrors.items(file, cause);
  }
}

/** To three significant digits in single precision; what is not finite stays. */
function rounded(column: string): string {
  const digits = `${DIGITS - 1} - floor(log10(abs(${column})))::INTEGER`;
  return `(CASE WHEN ${column} = 0 OR NOT isfinite(${column}) THEN ${column} ELSE round(${column}, ${digits}) END)::FLOAT`;
}

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
