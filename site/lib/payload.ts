/**
 * The board's rows on their way to the browser: columns instead of row objects, and what repeats only once. Fields that
 * go together (a model's id, name and family) are a group: a list of the values that occur and a code for every row.
 */

import type { CodedColumn, EngineTable } from './board-engine.ts';
import type { Facet } from './board-state.ts';
import type { RecipeRow, ResultRow, Row } from './row-types.ts';

type Cell = string | number | boolean | null | readonly string[] | Readonly<Record<string, string>>;

export interface Payload {
  readonly version: string;
  readonly kind: Row['kind'];
  readonly length: number;
  readonly groups: Readonly<
    Record<string, { readonly values: readonly (readonly Cell[])[]; readonly codes: readonly number[] }>
  >;
  readonly numbers: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A table in the browser: columns to search in, and rows made one by one as they come into view. */
export interface LiveTable<R extends Row = Row> extends EngineTable {
  readonly row: (index: number) => R;
}

const SHARED = {
  model: ['model', 'model_name', 'family', 'params'],
  recipe: ['recipe', 'method', 'method_title', 'mark', 'tensor', 'chips', 'bits'],
  source: ['source', 'source_title', 'origin', 'trust'],
} as const;

const LAYOUT = {
  recipe: {
    groups: { ...SHARED, ability: ['ability'] },
    numbers: [
      'bpw',
      'kept',
      'low',
      'high',
      'n_tasks',
      'n_abilities',
      'n_values',
      'size_bytes',
      'rank',
      'rank_worst',
      'rank_of',
      'page',
    ],
  },
  result: {
    groups: {
      ...SHARED,
      task: ['task', 'task_title', 'ability', 'unit', 'chance'],
      flag: ['is_baseline', 'kept_note', 'doubt'],
      labels: ['model_label', 'method_label'],
      metric: ['metric'],
      protocol: ['protocol'],
      place: ['url', 'locator'],
      run: ['run'],
      id: ['id'],
      note: ['note'],
      error: ['error'],
    },
    numbers: [
      'bpw',
      'value',
      'baseline',
      'kept',
      'low',
      'high',
      'loss',
      'value_low',
      'value_high',
      'n',
      'run_page',
    ],
  },
} as const;

/** Fields that the browser never shows for rows of others: left out there, so that they cost nothing. */
const ONLY_OF_RUNS = ['id'];

/** Digits after the point that the browser gets; stored values go whole. */
const DIGITS: Readonly<Record<string, number>> = {
  kept: 4,
  low: 4,
  high: 4,
  loss: 4,
  value_low: 5,
  value_high: 5,
  bpw: 3,
};

export function encodeRows(rows: readonly Row[], kind: Row['kind'], version: string): Payload {
  const { groups, numbers } = LAYOUT[kind];
  const field = (row: Row, name: string): Cell => (row as unknown as Record<string, Cell>)[name] ?? null;
  const sent = (name: string): CellOf =>
    ONLY_OF_RUNS.includes(name)
      ? (row) => (field(row, 'run') === null ? null : field(row, name))
      : (row) => field(row, name);
  const encoded: Record<string, Payload['groups'][string]> = {};
  for (const [group, fields] of Object.entries(groups)) {
    encoded[group] = encodeGroup(rows, fields.map(sent));
  }
  const columns: Record<string, (number | null)[]> = {};
  for (const name of numbers)
    columns[name] = rows.map((row) => round(field(row, name) as number | null, DIGITS[name]));
  return { version, kind, length: rows.length, groups: encoded, numbers: columns };
}

/** Which tuples occur, by a tree with a level a field: no text is made of a row. */
function encodeGroup(rows: readonly Row[], fields: readonly CellOf[]): Payload['groups'][string] {
  const values: (readonly Cell[])[] = [];
  const root: Branch = new Map();
  const last = fields.length - 1;
  const codes = rows.map((row) => {
    let branch = root;
    for (const [place, cell] of fields.entries()) {
      const key = keyOf(cell(row));
      let next = branch.get(key);
      if (next === undefined) {
        next = place === last ? values.push(fields.map((field) => field(row))) - 1 : new Map();
        branch.set(key, next);
      }
      if (typeof next === 'number') return next;
      branch = next;
    }
    return 0;
  });
  return { values, codes };
}

type CellOf = (row: Row) => Cell;
type Branch = Map<unknown, Branch | number>;

/** Lists and objects of the same content are the same; no other text begins like theirs. */
function keyOf(cell: Cell): unknown {
  return typeof cell === 'object' && cell !== null ? `\u0000${JSON.stringify(cell)}` : cell;
}

function round(value: number | null, digits: number | undefined): number | null {
  return value === null || digits === undefined ? value : Number(value.toFixed(digits));
}

/** Group and fields (id, then those of the label) behind every column that can be chosen from or searched in. */
const CODED: Readonly<
  Record<Facet | 'recipe' | 'labels' | 'note' | 'locator' | 'metric', readonly [string, string, ...string[]]>
> = {
  family: ['model', 'family', 'family'],
  model: ['model', 'model', 'model_name'],
  method: ['recipe', 'method', 'method_title'],
  tensor: ['recipe', 'tensor', 'tensor'],
  bits: ['recipe', 'bits', 'bits'],
  ability: ['task', 'ability', 'ability'],
  task: ['task', 'task', 'task_title'],
  source: ['source', 'source', 'source_title'],
  origin: ['source', 'origin', 'origin'],
  recipe: ['recipe', 'recipe', 'recipe'],
  labels: ['labels', 'model_label', 'model_label', 'method_label'],
  note: ['note', 'note', 'note'],
  locator: ['place', 'locator', 'locator'],
  metric: ['metric', 'metric', 'metric'],
};

/** Column ids whose numbers have another field's name. */
const ALIASES = { tasks: 'n_tasks', size: 'size_bytes' } as const;

export function decodeTable(payload: Payload): LiveTable {
  const layout = LAYOUT[payload.kind];
  const groups: Readonly<Record<string, readonly string[]>> = layout.groups;
  const coded: Record<string, CodedColumn> = {};
  for (const [name, [group, id, ...labels]] of Object.entries(CODED)) {
    const home = groups[group]?.includes(id)
      ? group
      : Object.keys(groups).find((one) => groups[one]!.includes(id));
    if (home === undefined) continue;
    const place = (field: string) => groups[home]!.indexOf(field);
    // A task without an ability of its own has several; of other texts nothing is known.
    const missing = name === 'ability' ? 'several' : '';
    coded[name] = codedColumn(payload.groups[home]!, place(id), labels.map(place), missing);
  }
  const numbers: Record<string, ArrayLike<number>> = {};
  for (const name of layout.numbers)
    numbers[name] = Float64Array.from(payload.numbers[name]!, (value) => value ?? Number.NaN);
  for (const [alias, name] of Object.entries(ALIASES))
    if (numbers[name] !== undefined) numbers[alias] = numbers[name];
  numbers['bits'] = numbersOfGroup(payload, groups, 'recipe', 'bits');
  numbers['params'] = numbersOfGroup(payload, groups, 'model', 'params');
  return {
    length: payload.length,
    coded,
    numbers,
    row: (index) => decodeRow(payload, groups, layout.numbers, index),
  };
}

/** Zero, as null, is a number that is not stated. */
function numbersOfGroup(
  payload: Payload,
  groups: Readonly<Record<string, readonly string[]>>,
  group: string,
  field: string,
): Float64Array {
  const place = groups[group]!.indexOf(field);
  const { values, codes } = payload.groups[group]!;
  return Float64Array.from(codes, (code) => Number(values[code]![place]) || Number.NaN);
}

/** Gives every value of a field its place among those that occur; several codes of a group may share one. */
function codedColumn(
  group: Payload['groups'][string],
  id: number,
  labels: readonly number[],
  missing: string,
): CodedColumn {
  const places = new Map<string, number>();
  const values: { id: string; label: string; search: string }[] = [];
  const translate = group.values.map((tuple) => {
    const isKnown = tuple[id] !== null;
    const key = isKnown ? String(tuple[id]) : 'none';
    const label = isKnown ? labels.map((place) => tuple[place]).join(' · ') : missing;
    const whole = JSON.stringify([tuple[id], label]);
    const known = places.get(whole);
    if (known !== undefined) return known;
    places.set(whole, values.length);
    const search = (isKnown ? `${key} ${label}` : label).toLowerCase();
    return values.push({ id: key, label, search }) - 1;
  });
  return { values, codes: Uint32Array.from(group.codes, (code) => translate[code]!) };
}

function decodeRow(
  payload: Payload,
  groups: Readonly<Record<string, readonly string[]>>,
  numbers: readonly string[],
  index: number,
): RecipeRow | ResultRow {
  const row: Record<string, Cell> = { kind: payload.kind };
  for (const [name, fields] of Object.entries(groups)) {
    const group = payload.groups[name]!;
    const tuple = group.values[group.codes[index]!]!;
    for (const [place, field] of fields.entries()) row[field] = tuple[place]!;
  }
  for (const name of numbers) row[name] = payload.numbers[name]![index]!;
  row['key'] = `${row['recipe']}.${row['source']}`;
  return row as unknown as RecipeRow | ResultRow;
}
