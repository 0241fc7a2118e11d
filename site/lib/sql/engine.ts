/**
 * DuckDB in the browser, with the tables of the site: loaded from the site itself when the first query is asked, and
 * closed to the network before a query runs. Tables come as CSV: the format that DuckDB reads without an extension,
 * where Parquet and JSON would be fetched from a third party.
 */
import type { AsyncDuckDB, AsyncDuckDBConnection } from '@duckdb/duckdb-wasm';
import { fetchGunzipped } from './fetch-bytes.ts';
import { cellOf, type QueryResult } from './result.ts';

export interface EngineTable {
  readonly name: string;
  /** Of the table as compressed CSV. */
  readonly url: string;
  readonly bytes: number;
  /** Types by column, in the order of the file. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface EngineSetup {
  readonly worker: string;
  /** Of the program, compressed with gzip. */
  readonly program: string;
  readonly programBytes: number;
  readonly tables: readonly EngineTable[];
}

export interface Engine {
  /** @throws what DuckDB says of the query */
  query(sql: string): Promise<QueryResult>;
  /** Ends the query that runs; it then fails. */
  stop(): Promise<void>;
}

/** Rows of a result that are kept; a longer one is cut, and says so. */
export const MOST_ROWS = 100_000;

/**
 * @param report  called with a share of the whole, 0…1, while files come in
 * @throws where a file cannot be had or the browser cannot run the program
 */
export async function startEngine(setup: EngineSetup, report: (share: number) => void): Promise<Engine> {
  const whole = setup.tables.reduce((sum, { bytes }) => sum + bytes, setup.programBytes);
  let loaded = 0;
  const count = (bytes: number) => report(Math.min(1, (loaded += bytes) / whole));
  const [{ AsyncDuckDB, VoidLogger }, program, ...tables] = await Promise.all([
    import('@duckdb/duckdb-wasm'),
    fetchGunzipped(setup.program, count),
    ...setup.tables.map(({ url }) => fetchGunzipped(url, count)),
  ]);
  const database = new AsyncDuckDB(new VoidLogger(), new Worker(setup.worker));
  const address = URL.createObjectURL(new Blob([program], { type: 'application/wasm' }));
  await database.instantiate(address);
  URL.revokeObjectURL(address);
  await database.open({
    path: ':memory:',
    query: { castBigIntToDouble: true, castDecimalToDouble: true },
  });
  const connection = await database.connect();
  await connection.query('SET autoload_known_extensions = false');
  for (const [place, table] of setup.tables.entries())
    await loadTable(database, connection, table, tables[place]!);
  await connection.query('SET enable_external_access = false');
  return {
    query: (sql) => read(connection, sql),
    stop: async () => void (await connection.cancelSent()),
  };
}

async function loadTable(
  database: AsyncDuckDB,
  connection: AsyncDuckDBConnection,
  { name, columns }: EngineTable,
  csv: Uint8Array,
): Promise<void> {
  const file = `${name}.csv`;
  await database.registerFileBuffer(file, csv);
  const types = Object.entries(columns).map(([column, type]) => `'${column}': '${type}'`);
  await connection.query(
    `CREATE TABLE ${name} AS FROM read_csv('${file}', header = true, allow_quoted_nulls = false, columns = {${types.join(', ')}})`,
  );
  await database.dropFile(file);
}

async function read(connection: AsyncDuckDBConnection, sql: string): Promise<QueryResult> {
  const start = performance.now();
  // The reader knows its columns between being opened and having been read.
  const batches = await (await connection.send(sql)).open();
  const fields = batches.schema.fields.map(({ name, type }) => ({ name, typeId: type.typeId as number }));
  const rows: QueryResult['rows'][number][] = [];
  for await (const batch of batches) {
    const columns = fields.map(({ typeId }, place) => ({ typeId, values: batch.getChildAt(place) }));
    for (let row = 0; row < batch.numRows && rows.length <= MOST_ROWS; row++)
      rows.push(columns.map(({ typeId, values }) => cellOf(values?.get(row), typeId)));
    if (rows.length > MOST_ROWS) {
      await connection.cancelSent();
      break;
    }
  }
  return {
    columns: fields.map(({ name }) => name),
    rows: rows.slice(0, MOST_ROWS),
    isComplete: rows.length <= MOST_ROWS,
    milliseconds: performance.now() - start,
  };
}
