/**
 * Item outcomes as they are published: one small Parquet file a run with what a comparison item by item needs, none of
 * the texts asked or written. A row is one column of one task and recipe, its values in the order of the task's data as
 * `limit` cuts them, so the texts are found in the dataset that the manifest names: document i, or window i of a text.
 * Columns: `task`; `name` of the column; `recipe`, null where every recipe of the task has the same values; and these,
 * in `flags`, `numbers` or `texts`, with null in the other two. Measured numbers are rounded, see `rounding.ts`.
 */
import { BOOLEAN, type DuckDBConnection, FLOAT, LIST, VARCHAR } from '@duckdb/node-api';
import { sqlText } from '../../data/sql-text.ts';
import { storeErrors } from '../errors/run.ts';
import type { ItemColumn, ItemTable } from '../items.ts';
import { replaceFile } from './files.ts';
import { inMemory } from './in-memory.ts';
import { readItems } from './items-file.ts';
import { numberedTable } from './numbered-table.ts';
import { roundTogether } from './rounding.ts';

/** Outcomes of one cell, as `items-file.ts` writes them. */
export interface CellItems {
  readonly task: string;
  readonly recipe: string;
  readonly file: string;
  /** Columns to keep where the file has them; null keeps every one with numbers. */
  readonly columns: readonly string[] | null;
  /** Bins in which numbers of a column stay, by its name. */
  readonly bins?: Readonly<Record<string, number>>;
}

/** Outcomes of a run. */
export interface PackedItems {
  /**
   * Items are called by their number, from 0; null where the file has nothing of the task. Which recipes a task was
   * measured with is in the run file: where all of them agree, they are not named here.
   */
  tableOf(task: string, recipe: string): ItemTable | null;
}

/** The recipe that others are compared with. */
const BASELINE = 'fp16';

// Bloom filters are for lookups in large files. Version 2 stores the bytes of numbers apart: the low ones are all zero.
// Brotli then leaves a tenth less than zstd at its highest level.
const FORMAT = 'FORMAT parquet, PARQUET_VERSION v2, COMPRESSION brotli, WRITE_BLOOM_FILTER false';

interface PackedRow {
  readonly task: string;
  readonly name: string;
  readonly recipe: string | null;
  readonly flags: readonly boolean[] | null;
  readonly numbers: readonly number[] | null;
  readonly texts: readonly string[] | null;
}

type Packed = Pick<PackedRow, 'flags' | 'numbers' | 'texts'>;

/** Writes the outcomes of all cells of a run into one file. Throws `store/items` for one that cannot be read, `store/…`. */
export async function packItems(file: string, cells: readonly CellItems[]): Promise<void> {
  await inMemory(async (connection) => {
    await connection.run(
      'CREATE TABLE packed (task VARCHAR, name VARCHAR, recipe VARCHAR, flags BOOLEAN[], numbers FLOAT[], texts VARCHAR[])',
    );
    for (const group of Map.groupBy(cells, ({ task }) => task).values())
      append(await connection.createAppender('packed'), await packTask(connection, group));
    await replaceFile(file, async (temporary) => {
      await connection.run(`COPY packed TO ${sqlText(temporary)} (${FORMAT})`);
    });
  });
}

/** @throws store/items for a file that is missing or holds something else */
export async function readPackedItems(file: string): Promise<PackedItems> {
  const rows = await inMemory(async (connection) => {
    const sql = `SELECT task, name, recipe, flags, numbers, texts FROM read_parquet(${sqlText(file)})`;
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowObjectsJS() as unknown as readonly PackedRow[];
  }).catch((cause) => {
    throw storeErrors.items(file, cause);
  });
  return {
    tableOf: (task, recipe) => {
      const own = rows.filter((row) => row.task === task && row.recipe === recipe);
      const shared = rows.filter((row) => row.task === task && row.recipe === null);
      return numberedTable([...own, ...shared].map(unpack));
    },
  };
}

async function packTask(connection: DuckDBConnection, cells: readonly CellItems[]): Promise<PackedRow[]> {
  const columns = new Map<string, Map<string, ItemColumn>>();
  for (const { recipe, file, columns: wanted } of cells)
    for (const column of (await readItems(connection, file, wanted)).columns) {
      if (column.type === 'doubles' || (column.type === 'text' && wanted === null)) continue;
      columns.set(column.name, (columns.get(column.name) ?? new Map()).set(recipe, column));
    }
  const { task, bins = {} } = cells[0]!;
  return [...columns].flatMap(([name, byRecipe]): PackedRow[] => {
    const packed = [...roundColumns(byRecipe, bins[name] ?? null)].map(([recipe, column]) => ({
      recipe,
      ...pack(column),
    }));
    const [first] = packed;
    const isShared = packed.length === cells.length && packed.every((one) => isSame(one, first!));
    if (isShared) return [{ task, name, ...first!, recipe: null }];
    return packed.map((one) => ({ task, name, ...one }));
  });
}

function roundColumns(
  byRecipe: ReadonlyMap<string, ItemColumn>,
  bins: number | null,
): ReadonlyMap<string, ItemColumn> {
  const measured = new Map<string, Float64Array>();
  for (const [recipe, { type, values }] of byRecipe) if (type === 'double') measured.set(recipe, values);
  const rounded = new Map<string, ItemColumn>();
  for (const [recipe, values] of roundTogether(measured, BASELINE, bins))
    rounded.set(recipe, { name: byRecipe.get(recipe)!.name, type: 'double', values });
  return new Map([...byRecipe].map(([recipe, column]) => [recipe, rounded.get(recipe) ?? column]));
}

function pack({ type, values }: ItemColumn): Packed {
  const none = { flags: null, numbers: null, texts: null };
  if (type === 'bool') return { ...none, flags: Array.from(values, (value) => value === 1) };
  if (type === 'text') return { ...none, texts: values };
  return { ...none, numbers: type === 'doubles' ? [] : Array.from(values) };
}

function isSame(a: Packed, b: Packed): boolean {
  return (['flags', 'numbers', 'texts'] as const).every((kind) => {
    const [one, other] = [a[kind], b[kind]];
    if (one === null || other === null) return one === other;
    return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
  });
}

type Appender = Awaited<ReturnType<DuckDBConnection['createAppender']>>;

function append(appender: Appender, rows: readonly PackedRow[]): void {
  for (const { task, name, recipe, flags, numbers, texts } of rows) {
    appender.appendVarchar(task);
    appender.appendVarchar(name);
    if (recipe === null) appender.appendNull();
    else appender.appendVarchar(recipe);
    for (const [values, type] of [
      [flags, BOOLEAN] as const,
      [numbers, FLOAT] as const,
      [texts, VARCHAR] as const,
    ])
      if (values === null) appender.appendNull();
      else appender.appendList([...values], LIST(type));
    appender.endRow();
  }
  appender.closeSync();
}

function unpack({ name, flags, numbers, texts }: PackedRow): ItemColumn {
  if (flags !== null) return { name, type: 'bool', values: Uint8Array.from(flags, Number) };
  if (texts !== null) return { name, type: 'text', values: texts };
  return { name, type: 'double', values: new Float64Array(numbers!) };
}
