/** Per-item outcomes of a task as typed columns, ready to be stored and to be compared item by item. */
import * as errors from './errors/task.ts';
import type { ColumnType, Row } from './tasks/task.ts';

export type ItemColumn =
  | { readonly name: string; readonly type: 'text'; readonly values: readonly string[] }
  | { readonly name: string; readonly type: 'int'; readonly values: Int32Array }
  | { readonly name: string; readonly type: 'double'; readonly values: Float64Array }
  /** 0 or 1. */
  | { readonly name: string; readonly type: 'bool'; readonly values: Uint8Array }
  | { readonly name: string; readonly type: 'doubles'; readonly values: readonly Float64Array[] };

export interface ItemTable {
  readonly rows: number;
  /** The first is `item`, the ids. */
  readonly columns: readonly ItemColumn[];
}

/**
 * @param columns names and types of all columns but `item`
 * @throws task/column where a row lacks a column, has another or a value of another type
 */
export function itemTable(
  task: string,
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly Row[],
): ItemTable {
  const types: Readonly<Record<string, ColumnType>> = { item: 'text', ...columns };
  const extra = rows.flatMap((row) => Object.keys(row)).find((name) => !(name in types));
  if (extra !== undefined) throw errors.badColumn(task, extra, 'is not declared');
  return {
    rows: rows.length,
    columns: Object.entries(types).map(([name, type]) => makeColumn(task, name, type, rows)),
  };
}

/** Values of a numeric or boolean column as doubles. Throws `task/column` where there is no such column. */
export function numbersOf(task: string, { columns }: ItemTable, name: string): Float64Array {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw errors.badColumn(task, name, 'is missing');
  if (column.type === 'text' || column.type === 'doubles')
    throw errors.badColumn(task, name, 'is not numeric');
  return new Float64Array(column.values);
}

/** Ids of the items, in order. */
export function idsOf(task: string, { columns }: ItemTable): readonly string[] {
  const [first] = columns;
  if (first?.name !== 'item' || first.type !== 'text')
    throw errors.badColumn(task, 'item', 'is not the first column');
  return first.values;
}

function makeColumn(task: string, name: string, type: ColumnType, rows: readonly Row[]): ItemColumn {
  const take = <T>(isRight: (value: unknown) => value is T): T[] =>
    rows.map((row) => {
      const value: unknown = row[name];
      if (!isRight(value))
        throw errors.badColumn(task, name, `should be ${type} and is ${JSON.stringify(value)}`);
      return value;
    });
  switch (type) {
    case 'text':
      return { name, type, values: take(isText) };
    case 'int':
      return { name, type, values: Int32Array.from(take(isInt)) };
    case 'double':
      return { name, type, values: Float64Array.from(take(isNumber)) };
    case 'bool':
      return { name, type, values: Uint8Array.from(take(isBoolean).map(Number)) };
    case 'doubles':
      return { name, type, values: take(isNumbers).map((list) => Float64Array.from(list)) };
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isInt = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isNumber);
