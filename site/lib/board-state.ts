/**
 * The state of the board and its one form in the address: short, readable, and the same after a round trip.
 *
 *     ?view=results&model=llama-2-7b&bits=3,4&bpw=2..4.5&q=act-order&sort=-kept,bits&cols=note,-n&pin=0k3v9x2q
 *
 * Everything at its default is left out. This is version 1, which `v` may say; whatever is added later must leave the
 * meaning of its addresses alone, or write another `v` and read both.
 * An address is untrusted: unknown names are dropped, lengths are bounded.
 */

import { decodeRange, encodeRange, RANGES, type Range, type RangeId, type Ranges } from './board-ranges.ts';
import { isPin } from './pins.ts';

export const FACETS = [
  'family',
  'model',
  'method',
  'tensor',
  'bits',
  'ability',
  'task',
  'source',
  'origin',
] as const;
export type Facet = (typeof FACETS)[number];

/** Recipes over tasks, every value as what is kept of the baseline, or every value as it was measured. */
export const VIEWS = ['recipes', 'results', 'raw'] as const;
export type View = (typeof VIEWS)[number];

export interface SortKey {
  readonly column: string;
  readonly descending: boolean;
}

export interface BoardState {
  readonly view: View;
  readonly search: string;
  /** Chosen values by facet: sorted, without repeats, never an empty list. */
  readonly filters: Readonly<Partial<Record<Facet, readonly string[]>>>;
  /** Only rows whose number is known and within. */
  readonly ranges: Ranges;
  readonly sort: readonly SortKey[];
  /** Columns that differ from the default: true is shown, false is hidden. */
  readonly columns: Readonly<Record<string, boolean>>;
  /** Names of rows that stay on top, in the order in which they were pinned. */
  readonly pins: readonly string[];
}

export const DEFAULT_STATE: BoardState = {
  view: 'recipes',
  search: '',
  filters: {},
  ranges: {},
  sort: [],
  columns: {},
  pins: [],
};

const MAX_SEARCH = 200;
const MAX_VALUES = 200;
const MAX_VALUE = 120;
const MAX_SORTS = 3;
export const MAX_PINS = 12;

/** Writes a state as a query string: `''` for the default, else starting with `?`. */
export function encodeState(state: BoardState): string {
  const parts: string[] = [];
  if (state.view !== DEFAULT_STATE.view) parts.push(`view=${state.view}`);
  for (const facet of FACETS) {
    const values = state.filters[facet];
    if (values !== undefined && values.length > 0)
      parts.push(`${facet}=${values.map(escapeValue).join(',')}`);
  }
  for (const id of RANGES) {
    const range = state.ranges[id];
    if (range !== undefined) parts.push(`${id}=${encodeRange(range)}`);
  }
  if (state.search !== '') parts.push(`q=${escapeValue(state.search)}`);
  if (state.sort.length > 0)
    parts.push(`sort=${state.sort.map(({ column, descending }) => minus(descending, column)).join(',')}`);
  const columns = Object.entries(state.columns).sort(([a], [b]) => (a < b ? -1 : 1));
  if (columns.length > 0)
    parts.push(`cols=${columns.map(([column, shown]) => minus(!shown, column)).join(',')}`);
  if (state.pins.length > 0) parts.push(`pin=${state.pins.join(',')}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Reads a query string (with or without `?`). Never throws: what it does not understand is left at its default. */
export function decodeState(query: string): BoardState {
  const raw = rawParameters(query);
  const filters: Partial<Record<Facet, readonly string[]>> = {};
  for (const facet of FACETS) {
    const values = normalize(list(raw.get(facet)));
    if (values.length > 0) filters[facet] = values;
  }
  return {
    view: VIEWS.find((view) => view === raw.get('view')) ?? DEFAULT_STATE.view,
    search: unescapeValue(raw.get('q') ?? '')
      .slice(0, MAX_SEARCH)
      .toWellFormed(),
    filters,
    ranges: decodeRanges(raw),
    sort: decodeSort(list(raw.get('sort'))),
    columns: decodeColumns(list(raw.get('cols'))),
    pins: [...new Set(list(raw.get('pin')).filter(isPin))].slice(0, MAX_PINS),
  };
}

/** The same state with a row pinned or no longer pinned; where there are as many as there may be, the oldest gives way. */
export function togglePin(state: BoardState, pin: string): BoardState {
  const pins = state.pins.includes(pin)
    ? state.pins.filter((one) => one !== pin)
    : [...state.pins, pin].slice(-MAX_PINS);
  return { ...state, pins };
}

/** The same state with a facet's value chosen or no longer chosen. */
export function toggleValue(state: BoardState, facet: Facet, value: string): BoardState {
  const chosen = state.filters[facet] ?? [];
  const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
  return withFacet(state, facet, next);
}

/** The same state with exactly these values chosen in a facet; an empty list removes the filter. */
export function withFacet(state: BoardState, facet: Facet, values: readonly string[]): BoardState {
  const { [facet]: _, ...others } = state.filters;
  const chosen = normalize(values);
  return { ...state, filters: chosen.length === 0 ? others : { ...others, [facet]: chosen } };
}

/** The same state with another range of a number; null for none. */
export function withRange(state: BoardState, id: RangeId, range: Range | null): BoardState {
  const { [id]: _, ...others } = state.ranges;
  return { ...state, ranges: range === null ? others : { ...others, [id]: range } };
}

function decodeRanges(raw: ReadonlyMap<string, string>): Ranges {
  const found = RANGES.map((id) => [id, decodeRange(raw.get(id) ?? '')] as const);
  return Object.fromEntries(found.filter(([, range]) => range !== null));
}

function rawParameters(query: string): Map<string, string> {
  const raw = new Map<string, string>();
  for (const part of query.replace(/^\?/, '').split('&')) {
    const at = part.indexOf('=');
    if (at > 0 && !raw.has(part.slice(0, at))) raw.set(part.slice(0, at), part.slice(at + 1));
  }
  return raw;
}

function decodeSort(keys: readonly string[]): readonly SortKey[] {
  const sort: SortKey[] = [];
  for (const key of keys) {
    const column = key.replace(/^-/, '');
    if (isColumn(column) && !sort.some((one) => one.column === column)) {
      sort.push({ column, descending: key.startsWith('-') });
    }
  }
  return sort.slice(0, MAX_SORTS);
}

function decodeColumns(keys: readonly string[]): Readonly<Record<string, boolean>> {
  const columns: Record<string, boolean> = {};
  for (const key of keys) {
    const column = key.replace(/^-/, '');
    if (isColumn(column)) columns[column] = !key.startsWith('-');
  }
  return columns;
}

function isColumn(name: string): boolean {
  return /^[a-z][a-z0-9_]{0,31}$/.test(name);
}

function list(text: string | undefined): readonly string[] {
  return text === undefined || text === '' ? [] : text.split(',', MAX_VALUES).map(unescapeValue);
}

function normalize(values: readonly string[]): readonly string[] {
  const usable = values.filter((value) => value !== '' && value.length <= MAX_VALUE);
  return [...new Set(usable)].sort().slice(0, MAX_VALUES);
}

function minus(condition: boolean, text: string): string {
  return condition ? `-${text}` : text;
}

/** Escapes for one item of a comma-separated list; `:` stays, because sparsity patterns contain it. */
function escapeValue(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':').replaceAll('%20', '+');
}

function unescapeValue(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
}
