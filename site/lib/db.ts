/** The site's only way to the data: each view is read once a build. Derived numbers are computed in data/views, never here. */
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTable, rowObjects } from '../../data/read-rows.ts';
import { readyDatabase } from '../../data/ready-database.ts';
import { readView, type ViewName, type ViewRow } from '../../data/views.ts';

export type * from '../../data/views.ts';

const views = new Map<ViewName, Promise<readonly unknown[]>>();

/** All rows of a view, read once. */
export async function rows<Name extends ViewName>(name: Name): Promise<readonly ViewRow<Name>[]> {
  const known = views.get(name) ?? readyDatabase().then((open) => readView(open, name));
  views.set(name, known);
  return (await known) as readonly ViewRow<Name>[];
}

const indexes = new Map<string, Promise<ReadonlyMap<unknown, readonly unknown[]>>>();

/** Rows of a view with this value in a column, in the order of the view; every row is looked at once a build. */
export async function rowsOf<Name extends ViewName>(
  name: Name,
  column: keyof ViewRow<Name> & string,
  value: unknown,
): Promise<readonly ViewRow<Name>[]> {
  const key = `${name}.${column}`;
  const index = indexes.get(key) ?? rows(name).then((all) => Map.groupBy(all, (row) => row[column]));
  indexes.set(key, index);
  return ((await index).get(value) ?? []) as readonly ViewRow<Name>[];
}

/** Rows of a statement over catalogue tables; `T` must match its columns. */
export async function select<T>(sql: string): Promise<readonly T[]> {
  const reader = await (await readyDatabase()).connection.runAndReadAll(sql);
  return rowObjects(reader) as T[];
}

const kept = new Map<string, Promise<unknown>>();

/** Makes a table of a query, once a build; later statements see it under this name. */
export async function keepTable(name: string, sql: string): Promise<void> {
  const known =
    kept.get(name) ??
    readyDatabase().then(({ connection }) => connection.run(`CREATE TEMP TABLE ${name} AS ${sql}`));
  kept.set(name, known);
  await known;
}

/** As `select`, of a hundred thousand rows: they become a table of this name first, whose texts are decoded once each. */
export async function selectLarge<T>(name: string, sql: string): Promise<readonly T[]> {
  await keepTable(name, sql);
  return (await readTable((await readyDatabase()).connection, name)) as T[];
}

/** The bytes that `COPY` writes for a query. */
export async function exportBytes(
  sql: string,
  format: 'parquet' | 'csv' | 'json',
): Promise<Uint8Array<ArrayBuffer>> {
  const options = {
    parquet: 'FORMAT parquet, COMPRESSION zstd',
    csv: 'FORMAT csv, HEADER',
    json: 'FORMAT json, ARRAY true',
  };
  const path = join(tmpdir(), `bitloss-${process.pid}-${crypto.randomUUID()}.${format}`);
  try {
    await (await readyDatabase()).connection.run(`COPY (${sql}) TO '${path}' (${options[format]})`);
    return withoutCopy(await readFile(path));
  } finally {
    await rm(path, { force: true });
  }
}

/** What a buffer holds, where it lies: files of a release are hundreds of megabytes. */
export function withoutCopy(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}

/** First 12 digits of the hash over all data files and SQL: the version that pages and downloads carry. */
export async function dataVersion(): Promise<string> {
  const [row] = await select<{ value: string }>("SELECT value FROM meta WHERE key = 'fingerprint'");
  return (row?.value ?? 'unknown').slice(0, 12);
}
