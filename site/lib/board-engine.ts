/**
 * Filters, counts and sorts the board in the browser over columns, never over row objects: one pass over typed arrays
 * decides which rows match and, at the same time, what every facet would count if its own choice were lifted.
 */
import { isWithin, RANGE_UNITS, RANGES, type Ranges } from './board-ranges.ts';
import { type BoardState, FACETS, type Facet, type SortKey } from './board-state.ts';
import { compares, parseSearch, type SearchTerm } from './search-query.ts';

/** A column of repeating values: `codes[row]` is an index into `values`. */
export interface CodedColumn {
  readonly values: readonly { readonly id: string; readonly label: string; readonly search: string }[];
  readonly codes: ArrayLike<number>;
}

/** What the engine needs of a table; `numbers` hold NaN where a row has no value. */
export interface EngineTable {
  readonly length: number;
  readonly coded: Readonly<Record<string, CodedColumn>>;
  readonly numbers: Readonly<Record<string, ArrayLike<number>>>;
}

export interface EngineResult {
  /** Row indexes in display order: pinned rows, then those that match. */
  readonly order: Uint32Array;
  /** How many of them are pinned. */
  readonly pinned: number;
  /** How many rows match, pinned or not. */
  readonly matches: number;
  /** By facet, the number of rows of each of its values under all other filters. */
  readonly counts: Readonly<Partial<Record<Facet, Uint32Array>>>;
}

/**
 * Applies a state to a table. Cost: O(rows × chosen facets) and, where sorted, O(n log n) over the matches.
 *
 * @param pins rows that come first whatever the filters say, in the same sorting
 */
export function runBoard(table: EngineTable, state: BoardState, pins: readonly number[] = []): EngineResult {
  const facets = FACETS.filter((facet) => table.coded[facet] !== undefined);
  const searched = searchRows(table, state.search);
  keepWithin(table, state.ranges, searched);
  const failures = failedFilters(table, state, facets);
  const counts: Partial<Record<Facet, Uint32Array>> = {};
  for (const facet of facets)
    counts[facet] = countFacet(table, facet, facets.indexOf(facet), searched, failures);
  const matches: number[] = [];
  for (let row = 0; row < table.length; row++) {
    if (searched[row] === 1 && failures.count[row] === 0) matches.push(row);
  }
  const compare = state.sort.length > 0 ? comparator(table, state.sort) : undefined;
  // Without a function a typed array sorts by number, which is the board's own order, and no work where it is in order.
  const pinned = Uint32Array.from(new Set(pins)).sort(compare);
  const others = pinned.length === 0 ? matches : matches.filter((row) => !pinned.includes(row));
  const order = new Uint32Array(pinned.length + others.length);
  order.set(pinned);
  order.set(others, pinned.length);
  if (compare !== undefined) order.subarray(pinned.length).sort(compare);
  return { order, pinned: pinned.length, matches: matches.length, counts };
}

/** How many facet filters a row fails, and which one where it is exactly one. */
interface Failures {
  readonly count: Uint8Array;
  readonly last: Uint8Array;
}

function failedFilters(table: EngineTable, state: BoardState, facets: readonly Facet[]): Failures {
  const failures = { count: new Uint8Array(table.length), last: new Uint8Array(table.length) };
  for (const [index, facet] of facets.entries()) {
    const chosen = state.filters[facet];
    if (chosen === undefined) continue;
    const { values, codes } = table.coded[facet]!;
    const wanted = Uint8Array.from(values, ({ id }) => (chosen.includes(id) ? 1 : 0));
    for (let row = 0; row < table.length; row++) {
      if (wanted[codes[row]!] === 1) continue;
      failures.count[row]!++;
      failures.last[row] = index;
    }
  }
  return failures;
}

function countFacet(
  table: EngineTable,
  facet: Facet,
  index: number,
  searched: Uint8Array,
  failures: Failures,
): Uint32Array {
  const { values, codes } = table.coded[facet]!;
  const counts = new Uint32Array(values.length);
  for (let row = 0; row < table.length; row++) {
    const failed = failures.count[row]!;
    if (searched[row] === 1 && (failed === 0 || (failed === 1 && failures.last[row] === index)))
      counts[codes[row]!]!++;
  }
  return counts;
}

function searchRows(table: EngineTable, query: string): Uint8Array {
  const terms = parseSearch(query, Object.keys(table.coded), Object.keys(table.numbers));
  const found = new Uint8Array(table.length).fill(1);
  for (const term of terms) applyTerm(table, term, found);
  return found;
}

function keepWithin(table: EngineTable, ranges: Ranges, found: Uint8Array): void {
  for (const id of RANGES) {
    const range = ranges[id];
    const values = table.numbers[id];
    if (range === undefined || values === undefined) continue;
    for (let row = 0; row < table.length; row++)
      if (!isWithin(values[row]!, range, RANGE_UNITS[id])) found[row] = 0;
  }
}

/** Shown in per cent, and searched so. */
const SHARES = ['kept', 'low', 'high'];

function applyTerm(table: EngineTable, term: SearchTerm, found: Uint8Array): void {
  if (term.kind === 'number') {
    const values = table.numbers[term.field]!;
    const bound = SHARES.includes(term.field) ? term.bound / 100 : term.bound;
    for (let row = 0; row < table.length; row++)
      if (!compares(values[row]!, term.comparison, bound)) found[row] = 0;
    return;
  }
  const columns = Object.entries(table.coded)
    .filter(([name]) => term.field === null || term.field === name)
    .map(([, { values, codes }]) => ({
      hits: Uint8Array.from(values, ({ search }) => (search.includes(term.word) ? 1 : 0)),
      codes,
    }));
  for (let row = 0; row < table.length; row++) {
    if (found[row] === 1 && !columns.some(({ hits, codes }) => hits[codes[row]!] === 1)) found[row] = 0;
  }
}

/** Rows without a number (NaN) come last either way; ties keep their order. */
function comparator(table: EngineTable, sort: readonly SortKey[]): (a: number, b: number) => number {
  const keys = sort
    .map(({ column, descending }) => ({ values: sortValues(table, column), sign: descending ? -1 : 1 }))
    .filter(({ values }) => values !== null);
  return (a, b) => {
    for (const { values, sign } of keys) {
      const x = values![a]!;
      const y = values![b]!;
      if (x < y) return -sign;
      if (x > y) return sign;
      const isUnknown = Number.isNaN(x);
      if (isUnknown !== Number.isNaN(y)) return isUnknown ? 1 : -1;
    }
    return a - b;
  };
}

/** Numbers sort as they are, coded columns by the alphabetical rank of their labels, where there is one. */
function sortValues(table: EngineTable, column: string): ArrayLike<number> | null {
  const numbers = table.numbers[column];
  if (numbers !== undefined) return numbers;
  const coded = table.coded[column];
  if (coded === undefined) return null;
  const ranked = coded.values.map((_, code) => code);
  const label = (code: number) => coded.values[code]!.label;
  ranked.sort((a, b) => label(a).localeCompare(label(b), 'en', { numeric: true }));
  const rank = new Float64Array(ranked.length);
  for (const [position, code] of ranked.entries()) rank[code] = label(code) === '' ? Number.NaN : position;
  return Float64Array.from(coded.codes, (code) => rank[code]!);
}
