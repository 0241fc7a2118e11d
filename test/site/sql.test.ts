/** The SQL page without a browser: its address, its errors, what it draws, and that no example is without an answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawResult, resultSpec } from '../../site/lib/sql/chart.ts';
import { EXAMPLES } from '../../site/lib/sql/examples.ts';
import { plainError } from '../../site/lib/sql/plain-error.ts';
import { cellOf, cellText, isNumeric, type QueryResult } from '../../site/lib/sql/result.ts';
import { readState, writeState } from '../../site/lib/sql/state.ts';

const NONE = { example: null, sql: null, chart: null };
const BARS = { form: 'bars', x: 'name', y: 'kept', by: null } as const;

const result: QueryResult = {
  columns: ['name', 'kept', 'group'],
  rows: [
    ['a "quoted" <img src=x onerror=alert(1)>', 0.5, 'one'],
    ['b', 0.25, null],
    ['c', null, 'one'],
  ],
  isComplete: true,
  milliseconds: 1,
};

describe('the address', () => {
  it('keeps any query and drawing', () => {
    const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !text.includes('~'));
    const chart = fc.option(
      fc.record({ form: fc.constantFrom('bars', 'lines', 'points'), x: name, y: name, by: fc.option(name) }),
    );
    const sql = fc.string({ minLength: 1, maxLength: 300 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(sql, chart, (sql, chart) => {
        const state = { example: null, sql, chart };
        expect(readState(writeState(state))).toEqual(state);
      }),
    );
  });

  it('of an example is its name, of nothing is empty', () => {
    expect(writeState({ example: 'size-and-loss', sql: 'SELECT 1', chart: null })).toBe(
      '?example=size-and-loss',
    );
    expect(writeState(NONE)).toBe('');
    expect(readState('')).toEqual(NONE);
  });

  it.each(['?example=../../x', '?sql=%20', '?chart=pie~a~b', '?chart=bars~a', '?chart=bars~a~b~c~d'])(
    '%s says nothing',
    (search) => expect(readState(search)).toEqual(NONE),
  );

  it('of a realistic query has at most 200 characters', () => {
    const sql =
      "SELECT method_id, median(kept) FROM recipes WHERE model_id = 'llama-2-7b' AND nominal_bits = 3 GROUP BY ALL";
    expect(writeState({ example: null, sql, chart: { ...BARS, x: 'method_id' } }).length).toBeLessThanOrEqual(
      200,
    );
  });
});

/** Links that have been given out; lines are added, never changed. */
describe('old links', () => {
  it.each([
    ['?example=methods-at-3-bits', { ...NONE, example: 'methods-at-3-bits' }],
    [
      '?sql=SELECT+method_id%2C+median%28kept%29+AS+kept+FROM+recipes+GROUP+BY+ALL&chart=bars~method_id~kept',
      {
        ...NONE,
        sql: 'SELECT method_id, median(kept) AS kept FROM recipes GROUP BY ALL',
        chart: { ...BARS, x: 'method_id' },
      },
    ],
    [
      '?sql=FROM+recipes&chart=lines~nominal_bits~kept~method_id',
      {
        ...NONE,
        sql: 'FROM recipes',
        chart: { form: 'lines', x: 'nominal_bits', y: 'kept', by: 'method_id' },
      },
    ],
  ])('%s still asks what it asked', (search, state) => {
    expect(readState(search)).toEqual(state);
    expect(EXAMPLES.some(({ id }) => id === 'methods-at-3-bits')).toBe(true);
  });
});

describe('errors', () => {
  it.each([
    ['Parser Error: syntax error at or near "selec"', 'This is not a statement'],
    ['{"exception_type":"Parser","exception_message":"syntax error"}', 'This is not a statement'],
    ['Catalog Error: Table with name resuts does not exist!', 'A table in the query does not exist'],
    [
      'Binder Error: Referenced column "foo" not found in FROM clause!',
      'A column in the query does not exist',
    ],
    [
      'Permission Error: Cannot access file "x" - file system operations are disabled by configuration',
      'no query read',
    ],
    [
      'Catalog Error: Table Function with name "read_parquet" … exists in the parquet extension.',
      'no query read',
    ],
    ['Out of Memory Error: failed to allocate', 'more memory'],
    ['something else', 'The query failed.'],
  ])('%s', (message, words) => {
    const { summary, detail } = plainError(new Error(message));
    expect(summary).toContain(words);
    expect(detail).not.toContain('{"');
  });
});

describe('values', () => {
  it.each([
    [12n, 2, 12],
    [2n ** 60n, 2, '1152921504606846976'],
    [Date.UTC(2020, 0, 2), 8, '2020-01-02'],
    [Date.UTC(2020, 0, 2, 3, 4, 5), 10, '2020-01-02 03:04:05'],
    [[1n, 'x'], 12, '[1,"x"]'],
    [undefined, 5, null],
  ])('%s of type %i is %s', (value, type, cell) => expect(cellOf(value, type)).toBe(cell));

  it('are shown with six digits and a real minus sign', () => {
    expect([-0.123456789, 1234567, null, true, '-x'].map(cellText)).toEqual([
      '−0.123457',
      '1234567',
      '–',
      'true',
      '-x',
    ]);
  });

  it('are numbers where all that are known are', () => {
    expect([0, 1, 2].map((column) => isNumeric(result, column))).toEqual([false, true, false]);
  });
});

describe('drawings', () => {
  it('hold every row that has both values, and no markup of the data', async () => {
    const svg = await drawResult(result, BARS, 400);
    expect(svg).toContain('a &quot;quoted&quot; &lt;img src=x');
    expect(svg).not.toContain('<img');
    expect(resultSpec(result, BARS, 400)).toMatchObject({ data: { values: { length: 2 } }, height: 40 });
  });

  it.each(['lines', 'points'] as const)('%s tell groups apart by colour and shape', async (form) => {
    const svg = await drawResult(result, { ...BARS, form, by: 'group' }, 400);
    expect(svg).toContain('var(--family-blue)');
    expect(svg).toContain('var(--family-orange)');
  });

  it('of bits fall to the right', () => {
    const bits = { ...result, columns: ['w_bits', 'kept', 'group'], rows: [[4, 1, 'x']] };
    expect(resultSpec(bits, { form: 'lines', x: 'w_bits', y: 'kept', by: null }, 400)).toMatchObject({
      encoding: { x: { scale: { reverse: true } } },
    });
  });

  it('say why they cannot be made', () => {
    const many = { ...result, rows: Array.from({ length: 61 }, (_, row) => [`m${row}`, row, `g${row}`]) };
    expect(() => resultSpec(many, BARS, 400)).toThrow('at most 60 are drawn');
    expect(() => resultSpec(many, { ...BARS, form: 'points', by: 'group' }, 400)).toThrow(
      'more than 10 colours',
    );
    expect(() => resultSpec(result, { ...BARS, y: 'group' }, 400)).toThrow('“group” holds no numbers');
    expect(() => resultSpec(result, { ...BARS, x: 'gone' }, 400)).toThrow('Choose two columns');
  });
});

it('examples have ids of their own, and draw columns that they select', () => {
  expect(new Set(EXAMPLES.map(({ id }) => id)).size).toBe(EXAMPLES.length);
  for (const { id, sql, chart } of EXAMPLES)
    for (const column of chart === undefined
      ? []
      : [chart.x, chart.y, ...(chart.by === null ? [] : [chart.by])])
      expect(sql, id).toContain(column);
});
