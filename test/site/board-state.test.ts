import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RANGES } from '../../site/lib/board-ranges.ts';
import {
  type BoardState,
  DEFAULT_STATE,
  decodeState,
  encodeState,
  FACETS,
  MAX_PINS,
  togglePin,
  toggleValue,
  VIEWS,
  withFacet,
} from '../../site/lib/board-state.ts';

const column = fc.stringMatching(/^[a-z][a-z0-9_]{0,31}$/);
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.isWellFormed());
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 6 }).map((all) => all.sort());

const end = fc.option(fc.integer({ min: 0, max: 9_999_999_999 }).map((ticks) => ticks / 10_000));
const range = fc.record({ low: end, high: end }).filter(({ low, high }) => low !== null || high !== null);

/** Every state that the board can be in. */
const states: fc.Arbitrary<BoardState> = fc.record({
  view: fc.constantFrom(...VIEWS),
  search: fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => text.isWellFormed()),
  filters: fc.dictionary(fc.constantFrom(...FACETS), values, { noNullPrototype: true }),
  ranges: fc.dictionary(fc.constantFrom(...RANGES), range, { noNullPrototype: true }),
  sort: fc.uniqueArray(fc.record({ column, descending: fc.boolean() }), {
    maxLength: 3,
    selector: (key) => key.column,
  }),
  columns: fc.dictionary(column, fc.boolean(), { noNullPrototype: true, maxKeys: 8 }),
  pins: fc.uniqueArray(fc.stringMatching(/^[0-9a-z]{8}$/), { maxLength: MAX_PINS }),
});

describe('the state of the board in the address', () => {
  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeState(encodeState(state))).toEqual(state);
      }),
      { numRuns: 500 },
    );
  });

  it('survives the browser putting it into a URL', () => {
    fc.assert(
      fc.property(states, (state) => {
        const { search } = new URL(encodeState(state), 'https://example.org/board/');
        expect(decodeState(search)).toEqual(state);
      }),
      { numRuns: 500 },
    );
  });

  it('reads anything at all, and what it read comes back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webQueryParameters()), (query) => {
        const state = decodeState(query);
        expect(decodeState(encodeState(state))).toEqual(state);
      }),
      { numRuns: 1000 },
    );
  });

  it('is nothing for the default', () => {
    expect(encodeState(DEFAULT_STATE)).toBe('');
    expect(decodeState('')).toEqual(DEFAULT_STATE);
  });

  it('is short and readable', () => {
    const state: BoardState = {
      view: 'results',
      search: 'act-order bits<=3',
      filters: { model: ['llama-2-7b', 'llama-3-8b'], bits: ['3', '4'], tensor: ['W+KV'] },
      ranges: { bpw: { low: 2, high: 4.5 }, size: { low: null, high: 16 } },
      sort: [
        { column: 'kept', descending: true },
        { column: 'bits', descending: false },
      ],
      columns: { note: true, n: false },
      pins: ['0k3v9x2q', 'a81m20zz'],
    };
    expect(encodeState(state)).toBe(
      '?view=results&model=llama-2-7b,llama-3-8b&tensor=W%2BKV&bits=3,4&bpw=2..4.5&size=..16&q=act-order+bits%3C%3D3&sort=-kept,bits&cols=-n,note&pin=0k3v9x2q,a81m20zz',
    );
    expect(encodeState(state).length).toBeLessThan(200);
  });

  it('drops what it does not know and bounds what it does', () => {
    const state = decodeState(
      '?view=nonsense&model=&color=red&sort=-Kept,__proto__,-kept,kept&cols=-9&bits=4,4,3',
    );
    expect(state).toEqual({
      ...DEFAULT_STATE,
      filters: { bits: ['3', '4'] },
      sort: [{ column: 'kept', descending: true }],
    });
    expect(decodeState(`?q=${'x'.repeat(5000)}`).search).toHaveLength(200);
    expect(decodeState(`?model=${'m,'.repeat(5000)}n`).filters.model).toEqual(['m']);
    expect(decodeState('?q=%E0%A4%A')).toEqual(DEFAULT_STATE);
    expect(decodeState('?pin=0k3v9x2q,0k3v9x2q,short,UPPER123,../../..').pins).toEqual(['0k3v9x2q']);
  });
});

describe('old links', () => {
  const links = JSON.parse(
    readFileSync(join(import.meta.dirname, '../fixtures/board-links.json'), 'utf8'),
  ) as Readonly<Record<string, Partial<BoardState>>>;

  it.each(Object.entries(links))('%s still means what it meant', (query, state) => {
    expect(decodeState(query)).toEqual({ ...DEFAULT_STATE, ...state });
    expect(query.length).toBeLessThanOrEqual(200);
  });
});

describe('pinning', () => {
  it('puts a row on top and takes it back', () => {
    const one = togglePin(DEFAULT_STATE, '0k3v9x2q');
    expect(togglePin(one, 'a81m20zz').pins).toEqual(['0k3v9x2q', 'a81m20zz']);
    expect(togglePin(one, '0k3v9x2q')).toEqual(DEFAULT_STATE);
  });

  it('lets the oldest go where there are too many', () => {
    const names = Array.from({ length: MAX_PINS + 1 }, (_, place) => `row${String(place).padStart(5, '0')}`);
    expect(names.reduce(togglePin, DEFAULT_STATE).pins).toEqual(names.slice(1));
  });
});

describe('choosing', () => {
  it('puts a value in, sorted, and takes it out again', () => {
    const one = toggleValue(DEFAULT_STATE, 'bits', '4');
    const two = toggleValue(one, 'bits', '3');
    expect(two.filters).toEqual({ bits: ['3', '4'] });
    expect(toggleValue(toggleValue(two, 'bits', '3'), 'bits', '4')).toEqual(DEFAULT_STATE);
  });

  it('removes a filter that chooses nothing', () => {
    expect(withFacet({ ...DEFAULT_STATE, filters: { task: ['a'] } }, 'task', [])).toEqual(DEFAULT_STATE);
  });
});
