/**
 * Reads item outcomes of a published run that somebody sent: the columns, counts and texts of the file are checked before
 * anything is made of them, and what is read are plain arrays. The layout is described in `packed-items.ts`.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBListVector,
  type DuckDBVector,
} from '@duckdb/node-api';
import { sqlText } from '../../data/sql-text.ts';
import type { ItemColumn, ItemTable } from '../items.ts';

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

/** Why a file is none, as one sentence each. */
export interface OutcomeFaults {
  readonly faults: readonly string[];
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

const COLUMNS =
  'task VARCHAR, name VARCHAR, recipe VARCHAR, flags BOOLEAN[], numbers FLOAT[], texts VARCHAR[]';

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
    await connection.run('SET parquet_metadata_cache = true');
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return new OutcomeReader(instance, connection);
  }

  async read(file: string): Promise<OutcomeFile | OutcomeFaults> {
    const { size } = statSync(file);
    if (size > OUTCOME_LIMITS.bytes)
      return { faults: [`It has ${size} bytes; at most ${OUTCOME_LIMITS.bytes} are read.`] };
    try {
      const faults = await this.#beyondLimits(file);
      return faults.length > 0 ? { faults } : await this.#rows(file);
    } catch (error) {
      return { faults: [`It cannot be read as Parquet: ${(error as Error).message.split('\n')[0]}`] };
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #beyondLimits(file: string): Promise<string[]> {
    const [[rows, values, bytes]] = await this.#all(
      `SELECT sum(row_group_num_rows) FILTER (column_id = 0)::DOUBLE, sum(num_values)::DOUBLE, sum(total_uncompressed_size)::DOUBLE FROM parquet_metadata(${sqlText(file)})`,
    );
    const limits: readonly [string, unknown, number][] = [
      ['rows', rows, OUTCOME_LIMITS.rows],
      ['values', values, OUTCOME_LIMITS.values],
      ['bytes when unpacked', bytes, 16 * OUTCOME_LIMITS.bytes],
    ];
    return limits
      .filter(([, found, limit]) => !(Number(found ?? 0) <= limit))
      .map(([what, found, limit]) => `It has ${found} ${what}; at most ${limit} are read.`);
  }

  async #rows(file: string): Promise<OutcomeFile | OutcomeFaults> {
    const longest = OUTCOME_LIMITS.characters + 1;
    const cut = ['task', 'name', 'recipe'].map((column) => `left(${column}, ${longest}) AS ${column}`);
    const result = await this.#connection.run(
      `SELECT * REPLACE (${cut.join(', ')}, list_transform(texts, lambda t: left(t, ${longest})) AS texts) FROM read_parquet(${sqlText(file)})`,
    );
    const types = result.columnTypes().map(String);
    const found = result.columnNames().map((name, index) => `${name} ${types[index]}`);
    if (found.join(', ') !== COLUMNS)
      return {
        faults: [
          `Its columns are ${found.join(', ').slice(0, 300)}; they have to be ${COLUMNS}, in this order.`,
        ],
      };
    const rows: OutcomeRow[] = [];
    const faults: string[] = [];
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; ) {
      const [task, name, recipe, ...lists] = [0, 1, 2, 3, 4, 5].map((index) => chunk!.getColumnVector(index));
      for (let row = 0; row < chunk.rowCount && faults.length < 10; row++) {
        const place = `Row ${rows.length + 1}`;
        const [where, column, which] = [task, name, recipe].map((vector) => vector!.getItem(row));
        const read = readColumn(String(column), lists, row);
        if (typeof where !== 'string' || typeof column !== 'string')
          faults.push(`${place} has no task or name.`);
        else if (typeof read === 'string') faults.push(`${place} (${where} ${column}) ${read}.`);
        else rows.push({ task: where, recipe: which === null ? null : String(which), column: read });
      }
      chunk = await result.fetchChunk();
    }
    return faults.length > 0 ? { faults } : outcomeFile(rows);
  }

  async #all(sql: string): Promise<readonly unknown[][]> {
    return (await this.#connection.runAndReadAll(sql)).getRowsJS() as unknown[][];
  }
}

/** The values of a row, or why there are none. */
function readColumn(name: string, lists: readonly DuckDBVector[], row: number): ItemColumn | string {
  const given = lists.filter((list) => (list as DuckDBListVector).getItemVector(row) !== null);
  if (given.length !== 1) return `has ${given.length} of flags, numbers and texts; it needs exactly one`;
  const list = given[0] as DuckDBListVector;
  const start = list.getEntryOffset(row);
  const length = list.getEntryLength(row);
  if (length === 0 || length > OUTCOME_LIMITS.items)
    return `has ${length} items; it needs 1 to ${OUTCOME_LIMITS.items}`;
  const values = list.childVector;
  for (let i = 0; i < length; i++) if (values.getItem(start + i) === null) return `has nothing for item ${i}`;
  if (list === lists[0])
    return {
      name,
      type: 'bool',
      values: Uint8Array.from({ length }, (_, i) => Number(values.getItem(start + i))),
    };
  if (list === lists[1])
    return {
      name,
      type: 'double',
      values: Float64Array.from({ length }, (_, i) => values.getItem(start + i) as number),
    };
  const texts = Array.from({ length }, (_, i) => String(values.getItem(start + i)));
  if (texts.some((text) => text.length > OUTCOME_LIMITS.characters))
    return `has a text of more than ${OUTCOME_LIMITS.characters} characters`;
  return { name, type: 'text', values: texts };
}

function outcomeFile(rows: readonly OutcomeRow[]): OutcomeFile {
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
      const table = tableWith([...columnsOf(task, recipe), ...columnsOf(task, null)]);
      tables.set(key, table);
      return table;
    },
  };
}

function tableWith(columns: readonly ItemColumn[]): ItemTable | null {
  if (columns.length === 0) return null;
  const rows = columns[0]!.values.length;
  return { rows, columns: [{ name: 'item', type: 'text', values: numbered(rows) }, ...columns] };
}

/** Tables of one length share their ids. */
const idsOfLength = new Map<number, readonly string[]>();

function numbered(rows: number): readonly string[] {
  const known = idsOfLength.get(rows);
  if (known !== undefined) return known;
  const ids = Array.from({ length: rows }, (_, index) => String(index));
  if (idsOfLength.size < 100) idsOfLength.set(rows, ids);
  return ids;
}
