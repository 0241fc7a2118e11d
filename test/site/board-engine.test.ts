/** The columnar engine against the obvious way of doing the same with row objects. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CodedColumn, type EngineTable, runBoard } from '../../site/lib/board-engine.ts';
import { type BoardState, DEFAULT_STATE, type Facet } from '../../site/lib/board-state.ts';

interface PlainRow {
  readonly model: string;
  readonly bits: string;
  readonly kept: number;
}

const MODELS = ['alpha', 'beta', 'gamma'];
const BITS = ['2', '3', '4'];

const row: fc.Arbitrary<PlainRow> = fc.record({
  model: fc.constantFrom(...MODELS),
  bits: fc.constantFrom(...BITS),
  kept: fc.constantFrom(0, 0.1, 0.5, 0.9, 1.02, Number.NaN),
});

function coded(rows: readonly PlainRow[], name: 'model' | 'bits', ids: readonly string[]): CodedColumn {
  return {
    values: ids.map((id) => ({ id, label: id.toUpperCase(), search: id })),
    codes: rows.map((one) => ids.indexOf(one[name])),
  };
}

function tableOf(rows: readonly PlainRow[]): EngineTable {
  return {
    length: rows.length,
    coded: { model: coded(rows, 'model', MODELS), bits: coded(rows, 'bits', BITS) },
    numbers: { kept: rows.map(({ kept }) => kept), bits: rows.map(({ bits }) => Number(bits)) },
  };
}

const passes = (one: PlainRow, filters: BoardState['filters'], but?: Facet) =>
  (['model', 'bits'] as const).every(
    (facet) => facet === but || (filters[facet]?.includes(one[facet]) ?? true),
  );

/** Rows by the state, slowly: filter, then a stable sort with unknown numbers last. */
function slowly(rows: readonly PlainRow[], state: BoardState): number[] {
  const found = rows.map((_, index) => index).filter((index) => passes(rows[index]!, state.filters));
  const [key] = state.sort;
  if (key === undefined) return found;
  const known = found.filter((index) => !Number.isNaN(rows[index]!.kept));
  const unknown = found.filter((index) => Number.isNaN(rows[index]!.kept));
  known.sort((a, b) => (rows[a]!.kept - rows[b]!.kept) * (key.descending ? -1 : 1));
  return [...known, ...unknown];
}

describe('the board engine', () => {
  const filters = fc.record(
    {
      model: fc.uniqueArray(fc.constantFrom(...MODELS), { minLength: 1 }),
      bits: fc.uniqueArray(fc.constantFrom(...BITS), { minLength: 1 }),
    },
    { requiredKeys: [] },
  );
  const sort = fc.constantFrom(
    [],
    [{ column: 'kept', descending: true }],
    [{ column: 'kept', descending: false }],
  );

  it('finds, counts and orders as the slow way does', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), filters, sort, (rows, chosen, order) => {
        const state: BoardState = { ...DEFAULT_STATE, filters: chosen, sort: order };
        const result = runBoard(tableOf(rows), state);
        expect([...result.order]).toEqual(slowly(rows, state));
        for (const facet of ['model', 'bits'] as const) {
          const ids = facet === 'model' ? MODELS : BITS;
          const slow = ids.map(
            (id) => rows.filter((one) => one[facet] === id && passes(one, chosen, facet)).length,
          );
          expect([...result.counts[facet]!]).toEqual(slow);
        }
      }),
      { numRuns: 300 },
    );
  });

  const rows: PlainRow[] = [
    { model: 'alpha', bits: '4', kept: 0.97 },
    { model: 'alpha', bits: '3', kept: 0.9 },
    { model: 'beta', bits: '4', kept: Number.NaN },
    { model: 'beta', bits: '2', kept: 0.1 },
  ];
  const search = (text: string) => [...runBoard(tableOf(rows), { ...DEFAULT_STATE, search: text }).order];

  it('searches words in every field, all of them', () => {
    expect(search('alpha')).toEqual([0, 1]);
    expect(search('ALPHA 3')).toEqual([1]);
    expect(search('alpha beta')).toEqual([]);
    expect(search('model:4')).toEqual([]);
    expect(search('model:bet')).toEqual([2, 3]);
  });

  it('compares numbers; kept is in per cent, unknown numbers never match', () => {
    expect(search('bits<=3')).toEqual([1, 3]);
    expect(search('kept>90')).toEqual([0]);
    expect(search('kept>=90%')).toEqual([0, 1]);
    expect(search('kept<100')).toEqual([0, 1, 3]);
  });

  it('keeps numbers within a range, both ends included; what is not known lies nowhere', () => {
    const table = tableOf(rows);
    const within = (low: number | null, high: number | null) => {
      const sized = { ...table, numbers: { ...table.numbers, bpw: [4.25, 3, Number.NaN, 2.5] } };
      const result = runBoard(sized, { ...DEFAULT_STATE, ranges: { bpw: { low, high } } });
      return [[...result.order], [...result.counts.model!]];
    };
    expect(within(2.5, 3)).toEqual([
      [1, 3],
      [1, 1, 0],
    ]);
    expect(within(null, 2.9)).toEqual([[3], [0, 1, 0]]);
    expect(within(3, null)).toEqual([
      [0, 1],
      [2, 0, 0],
    ]);
  });

  it('sorts texts by their labels and numbers by size', () => {
    const order = (column: string, descending: boolean) => [
      ...runBoard(tableOf(rows), { ...DEFAULT_STATE, sort: [{ column, descending }] }).order,
    ];
    expect(order('model', true)).toEqual([2, 3, 0, 1]);
    expect(order('bits', false)).toEqual([3, 1, 0, 2]);
    expect(order('no_such_column', false)).toEqual([0, 1, 2, 3]);
  });

  it('answers within 50 ms over 16,000 rows and 100 ms over 100,000', () => {
    for (const [size, limit] of [
      [16_000, 50],
      [100_000, 100],
    ] as const) {
      const many = Array.from({ length: size }, (_, i) => ({
        model: MODELS[i % 3]!,
        bits: BITS[(i >> 2) % 3]!,
        kept: ((i * 2_654_435_761) % 1000) / 1000,
      }));
      const table = tableOf(many);
      const state: BoardState = { ...DEFAULT_STATE, filters: { model: ['alpha', 'beta'] }, search: 'a' };
      const times = Array.from({ length: 7 }, () => {
        const start = performance.now();
        runBoard(table, state);
        return performance.now() - start;
      });
      console.log(`${size} rows: fastest ${Math.min(...times).toFixed(1)} ms`);
      expect(Math.min(...times)).toBeLessThan(limit);
    }
  });
});
