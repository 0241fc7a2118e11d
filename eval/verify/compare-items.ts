/** Compares the outcomes of one cell with those of another measurement, item by item. */
import { type ItemColumn, type ItemTable, numbersOf } from '../items.ts';
import type { Task } from '../tasks/task.ts';
import type { NoiseFloor } from './noise-floor.ts';
import { roundingOf } from './published-digits.ts';

export interface ItemComparison {
  /** Compared one by one; 0 for a task without outcomes whose log-likelihoods have no limit. */
  readonly items: number;
  /** Of these: rows of the published table with another outcome. */
  readonly different: readonly number[];
  readonly numbers: number;
  /** Within the rounding of what is published. */
  readonly numbersEqual: number;
  readonly largestNumber: number | null;
  /** Why nothing can be compared, as a sentence; null where all could be. */
  readonly problem: string | null;
}

/** The column whose distances a noise floor limits. */
const NATS = 'nll_nats';

/** Float32 keeps 24 bits of what is published. */
const SINGLE = 2 ** -22;

/**
 * @param published  outcomes as they were published, rounded
 * @param again      measured again, not rounded: all items, or those of `chosen` in this order
 * @param chosen     rows of the published table; null: all
 */
export function compareItems(
  task: Pick<Task, 'id' | 'kind'>,
  published: ItemTable,
  again: ItemTable,
  chosen: readonly number[] | null,
  floor: Pick<NoiseFloor, 'nats'> | null,
): ItemComparison {
  const rows = chosen ?? Array.from({ length: published.rows }, (_, row) => row);
  // Lists, which only runs of this machine have, are what numbers and choices beside them are made of.
  const columns = published.columns.filter(({ name, type }) => name !== 'item' && type !== 'doubles');
  const lacking = columns.filter(({ name }) => !again.columns.some((one) => one.name === name));
  if (again.rows !== rows.length) return incomparable(`${rows.length} items there, ${again.rows} here`);
  if (lacking.length > 0)
    return incomparable(`${lacking.map(({ name }) => name).join(', ')} of the items was not measured here`);
  const different = new Set<number>();
  const count = { numbers: 0, equal: 0, largest: 0 };
  let hasOutcomes = false;
  for (const column of columns) {
    const other = again.columns.find(({ name }) => name === column.name)!;
    if (isMeasured(task, other)) {
      const limit = column.name === NATS ? (floor?.nats ?? null) : null;
      if (limit !== null) hasOutcomes = true;
      compareNumbers(task.id, published, again, column, rows, limit, different, count);
    } else {
      // How long a text is says nothing about the model.
      if (task.kind !== 'rolling') hasOutcomes = true;
      for (const row of differing(task, column, other, rows)) different.add(row);
    }
  }
  return {
    items: hasOutcomes ? rows.length : 0,
    different: [...different].sort((a, b) => a - b),
    numbers: count.numbers,
    numbersEqual: count.equal,
    largestNumber: count.numbers === 0 ? null : count.largest,
    problem: null,
  };
}

/** Log-likelihoods and what is made of them; shares of a written text are outcomes, as its words are. */
export function isMeasured({ kind }: Pick<Task, 'kind'>, { type }: ItemColumn): boolean {
  return type === 'double' && kind !== 'generation';
}

function compareNumbers(
  task: string,
  published: ItemTable,
  again: ItemTable,
  { name }: ItemColumn,
  rows: readonly number[],
  limit: number | null,
  different: Set<number>,
  count: { numbers: number; equal: number; largest: number },
): void {
  const there = numbersOf(task, published, name);
  const here = numbersOf(task, again, name);
  const rounding = roundingOf(there);
  for (const [index, row] of rows.entries()) {
    const distance = distanceOf(there[row]!, here[index]!);
    const digits = rounding(there[row]!) + SINGLE * Math.abs(there[row]!);
    count.numbers += 1;
    if (distance <= digits) count.equal += 1;
    count.largest = Math.max(count.largest, distance);
    if (limit !== null && !(distance <= digits + limit)) different.add(row);
  }
}

function* differing(
  { id, kind }: Pick<Task, 'id' | 'kind'>,
  there: ItemColumn,
  here: ItemColumn,
  rows: readonly number[],
): Iterable<number> {
  if (there.type === 'double' && here.type === 'double' && kind === 'generation') {
    const rounding = roundingOf(there.values);
    for (const [index, row] of rows.entries()) {
      const distance = distanceOf(there.values[row]!, here.values[index]!);
      if (!(distance <= rounding(there.values[row]!))) yield row;
    }
  } else if (there.type === 'text' || here.type === 'text') {
    for (const [index, row] of rows.entries()) if (there.values[row] !== here.values[index]) yield row;
  } else {
    const [a, b] = [there, here].map((column) => numbersOf(id, { rows: 0, columns: [column] }, column.name));
    for (const [index, row] of rows.entries()) if (a![row] !== b![index]) yield row;
  }
}

/** 0 for two that are no number: such an item was not compared with 16 bit. */
function distanceOf(there: number, here: number): number {
  if (Object.is(there, here)) return 0;
  const distance = Math.abs(there - here);
  return Number.isNaN(distance) ? Number.MAX_VALUE : distance;
}

function incomparable(problem: string): ItemComparison {
  return { items: 0, different: [], numbers: 0, numbersEqual: 0, largestNumber: null, problem };
}
