/**
 * Reads item outcomes of a published run that somebody sent: the columns, counts and texts of the file are checked before
 * anything is made of them, and what is read are plain arrays. The layout is described in `packed-items.ts`.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api';
import { sqlText } from '../../data/sql-text.ts';
import {
  OUTCOME_LIMITS,
  type OutcomeFile,
  type OutcomeRow,
  outcomeFile,
  readColumn,
} from './outcome-columns.ts';

/** Why a file is none, as one sentence each. */
export interface OutcomeFaults {
  readonly faults: readonly string[];
}

type Read = OutcomeFile | OutcomeFaults;

const COLUMNS =
  'task VARCHAR, name VARCHAR, recipe VARCHAR, flags BOOLEAN[], numbers FLOAT[], texts VARCHAR[]';
/** The same as most writers of Parquet lay it down, below the root. */
const LAYOUT =
  'task UTF8,name UTF8,recipe UTF8,flags LIST,list,element BOOLEAN,numbers LIST,list,element FLOAT,texts LIST,list,element UTF8';
const UNPACKED = 16 * OUTCOME_LIMITS.bytes;

/** Reads files of one folder; nothing else is open to what a file might ask for. */
export class OutcomeReader {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** @param folder absolute */
  static async open(folder: string): Promise<OutcomeReader> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: '1GB',
    });
    const connection = await instance.connect();
    await connection.run(`SET allowed_directories = [${sqlText(folder + path.sep)}]`);
    await connection.run('SET enable_external_file_cache = false');
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return new OutcomeReader(instance, connection);
  }

  async read(file: string): Promise<Read> {
    const { size } = statSync(file);
    if (size > OUTCOME_LIMITS.bytes)
      return { faults: [`It has ${size} bytes; at most ${OUTCOME_LIMITS.bytes} are read.`] };
    try {
      const [counts] = await this.#counts([file]);
      const faults = beyondLimits(counts!);
      return faults.length > 0 ? { faults } : (await this.#rows([file])).get(file)!;
    } catch (error) {
      return { faults: [`It cannot be read as Parquet: ${(error as Error).message.split('\n')[0]}`] };
    }
  }

  /** The same of many files at a fifth of the cost; only those that are not laid down as usual are read one by one. */
  async readAll(files: readonly string[]): Promise<readonly Read[]> {
    const together = await this.#together(files).catch(() => new Map<string, Read>());
    const all: Read[] = [];
    for (const file of files) all.push(together.get(file) ?? (await this.read(file)));
    return all;
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #together(files: readonly string[]): Promise<ReadonlyMap<string, Read>> {
    const small = files.filter((file) => statSync(file).size <= OUTCOME_LIMITS.bytes);
    if (small.length < 2) return new Map();
    const layouts = await this.#all(
      `SELECT file_name, string_agg(concat_ws(' ', name, coalesce(converted_type, nullif(type, 'BYTE_ARRAY')))) FROM parquet_schema(${listOf(small)}) GROUP BY file_name`,
    );
    const usual = new Set(
      layouts.filter(([, layout]) => /,(.*)/.exec(String(layout))?.[1] === LAYOUT).map(([file]) => file),
    );
    const counts = await this.#counts(small);
    const fitting = counts.filter((one) => usual.has(one.file) && beyondLimits(one).length === 0);
    const unpacked = fitting.reduce((sum, { bytes }) => sum + bytes, 0);
    if (fitting.length === 0 || unpacked > UNPACKED) return new Map();
    return this.#rows(fitting.map(({ file }) => file));
  }

  async #counts(files: readonly string[]): Promise<Counts[]> {
    const found = await this.#all(
      `SELECT file_name, sum(row_group_num_rows) FILTER (column_id = 0)::DOUBLE, sum(num_values)::DOUBLE, sum(total_uncompressed_size)::DOUBLE FROM parquet_metadata(${listOf(files)}) GROUP BY file_name`,
    );
    const counts = new Map(
      found.map(([file, ...numbers]) => {
        const [rows, values, bytes] = numbers.map((number) => Number(number ?? 0));
        return [String(file), { file: String(file), rows: rows!, values: values!, bytes: bytes! }];
      }),
    );
    // A file without a row has no metadata of one.
    return files.map((file) => counts.get(file) ?? { file, rows: 0, values: 0, bytes: 0 });
  }

  /** @param files laid down alike */
  async #rows(files: readonly string[]): Promise<ReadonlyMap<string, Read>> {
    const longest = OUTCOME_LIMITS.characters + 1;
    const cut = ['task', 'name', 'recipe'].map((column) => `left(${column}, ${longest}) AS ${column}`);
    const result = await this.#connection.run(
      `SELECT * REPLACE (${cut.join(', ')}, list_transform(texts, lambda t: left(t, ${longest})) AS texts) FROM read_parquet(${listOf(files)}, filename = 'of_file')`,
    );
    const types = result.columnTypes().map(String);
    const named = result.columnNames().map((name, index) => `${name} ${types[index]}`);
    const found = named.slice(0, -1).join(', ');
    if (found === COLUMNS) return readRows(result, files);
    const fault = `Its columns are ${found.slice(0, 300)}; they have to be ${COLUMNS}, in this order.`;
    return new Map(files.map((file) => [file, { faults: [fault] }]));
  }

  async #all(sql: string): Promise<readonly unknown[][]> {
    return (await this.#connection.runAndReadAll(sql)).getRowsJS() as unknown[][];
  }
}

interface Counts {
  readonly file: string;
  readonly rows: number;
  readonly values: number;
  /** When unpacked. */
  readonly bytes: number;
}

const listOf = (files: readonly string[]) => `[${files.map(sqlText).join(', ')}]`;

function beyondLimits({ rows, values, bytes }: Counts): string[] {
  const limits: readonly [string, number, number][] = [
    ['rows', rows, OUTCOME_LIMITS.rows],
    ['values', values, OUTCOME_LIMITS.values],
    ['bytes when unpacked', bytes, UNPACKED],
  ];
  return limits
    .filter(([, found, limit]) => !(found <= limit))
    .map(([what, found, limit]) => `It has ${found} ${what}; at most ${limit} are read.`);
}

/** Columns as `COLUMNS` says, and the file. */
async function readRows(result: DuckDBResult, files: readonly string[]): Promise<ReadonlyMap<string, Read>> {
  const read = new Map(files.map((file) => [file, { rows: [] as OutcomeRow[], faults: [] as string[] }]));
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; ) {
    const [task, name, recipe, ...lists] = [0, 1, 2, 3, 4, 5].map((index) => chunk!.getColumnVector(index));
    const file = chunk.getColumnVector(6);
    for (let row = 0; row < chunk.rowCount; row++) {
      const { rows, faults } = read.get(String(file.getItem(row)))!;
      if (faults.length >= 10) continue;
      const place = `Row ${rows.length + 1}`;
      const [where, column, which] = [task, name, recipe].map((vector) => vector!.getItem(row));
      const values = readColumn(String(column), lists, row);
      if (typeof where !== 'string' || typeof column !== 'string')
        faults.push(`${place} has no task or name.`);
      else if (typeof values === 'string') faults.push(`${place} (${where} ${column}) ${values}.`);
      else rows.push({ task: where, recipe: which === null ? null : String(which), column: values });
    }
    chunk = await result.fetchChunk();
  }
  return new Map(
    [...read].map(([file, { rows, faults }]) => [file, faults.length > 0 ? { faults } : outcomeFile(rows)]),
  );
}
