/** Addresses as strangers write them, and rows on their way to the browser, whatever they hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runBoard } from '../../site/lib/board-engine.ts';
import { DEFAULT_STATE, decodeState, encodeState } from '../../site/lib/board-state.ts';
import { decodeTable, encodeRows } from '../../site/lib/payload.ts';
import type { RecipeRow, ResultRow } from '../../site/lib/row-types.ts';
import { misunderstood, parseSearch } from '../../site/lib/search-query.ts';
import { href } from '../../site/lib/url.ts';
import { recipeRow, resultRow } from './result-row.ts';

describe('addresses of strangers', () => {
  it.each([
    ['keys of later versions', '?compare=a,b&page=3#x'],
    ['broken escapes', '?model=%&bits=%zz&q=%E0%A4%A&sort=%'],
    ['no values', '?model&bits=&=4&&&q='],
    ['names of object members', '?__proto__=x&constructor=y&sort=__proto__&cols=__proto__,-__proto__'],
    ['markup for columns', '?sort=<script>,-"&cols=<img>'],
    ['another view', '?view=__proto__'],
  ])('%s are the default board', (_what, query) => {
    expect(decodeState(query)).toEqual(DEFAULT_STATE);
  });

  it('keep what is good beside what is not', () => {
    expect(decodeState('?bits=%zz,4&model=%F0,opt-6b,&sort=-kept,%,n&view=results&view=recipes')).toEqual({
      ...DEFAULT_STATE,
      view: 'results',
      filters: { bits: ['4'], model: ['opt-6b'] },
      sort: [
        { column: 'kept', descending: true },
        { column: 'n', descending: false },
      ],
    });
  });

  it('are cut where they are gigantic', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `c${i}`).join(',');
    const state = decodeState(
      `?model=${many}&task=${'x'.repeat(1e6)}&q=${'%F0%9F%A6%99'.repeat(1e5)}&cols=${many}&sort=${many}`,
    );
    expect(state.filters.model).toHaveLength(200);
    expect(state.filters.task).toBeUndefined();
    expect(state.search).toHaveLength(200);
    expect(state.search.isWellFormed()).toBe(true);
    expect(Object.keys(state.columns)).toHaveLength(200);
    expect(state.sort).toHaveLength(3);
    expect(decodeState(encodeState(state))).toEqual(state);
  });

  it('hold no character that ends an attribute or a tag once written again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const state = { ...DEFAULT_STATE, search: text, filters: { model: [text], task: [text] } };
        expect(encodeState(state)).toMatch(/^\?[\w\-.!~*'()%:,+&=]*$/);
      }),
    );
  });

  it('never stop the board', () => {
    const table = decodeTable(encodeRows([resultRow()], 'result', 'v'));
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('constructor', 'kept>', 'kept>1e9', 'bits<=', '"', ':', 'model:'),
    );
    fc.assert(
      fc.property(part, part, part, (search, sort, value) => {
        const query = `?q=${encodeURIComponent(search)}&sort=-${sort}&model=${value}`;
        expect(runBoard(table, decodeState(query)).order.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  it('are short for what people look at', () => {
    const views = [
      '?model=llama-3-8b&bits=3,4&sort=-kept',
      '?view=results&model=llama-2-13b,llama-2-7b&method=awq,gptq,rtn&bits=3,4&task=wikitext2&sort=value&cols=metric,note',
      '?method=aqlm,omniquant,quip-sharp&bits=2&ability=knowledge&origin=reported&q=kept%3E50&sort=-kept,bits&cols=size',
    ];
    for (const view of views) {
      expect(encodeState(decodeState(view))).toBe(view);
      expect(view.length).toBeLessThan(200);
    }
  });
});

describe('the search language', () => {
  const parse = (text: string) => parseSearch(text, ['model'], ['bits', 'kept']);
  const number = (field: string, comparison: string, bound: number) => ({
    kind: 'number',
    field,
    comparison,
    bound,
  });
  const word = (text: string, field: string | null = null) => ({ kind: 'word', word: text, field });

  it.each([
    ['bits<3', [number('bits', '<', 3)]],
    ['bits>=2.5', [number('bits', '>=', 2.5)]],
    ['bits=4', [number('bits', '=', 4)]],
    ['kept>-1', [number('kept', '>', -1)]],
    ['kept<=95%', [number('kept', '<=', 95)]],
    ['bits<1e9', [word('bits<1e9')]],
    ['bits=<3', [word('bits=<3')]],
    ['bits < 3', [word('bits'), word('<'), word('3')]],
    ['MODEL:Llama', [word('llama', 'model')]],
    ['model:', [word('model:')]],
    ['model:a:b', [word('a:b', 'model')]],
    ['"model:a"', [word('model:a')]],
    ['"open', [word('"open')]],
    ['constructor:x __proto__:y', [word('constructor:x'), word('__proto__:y')]],
    [' \t\u00a0', []],
  ])('%s', (text, terms) => {
    expect(parse(text)).toEqual(terms);
  });
});

it.each([
  ['llama method:gptq bits<=4 kept>95', []],
  ['methd:gptq', ['methd:gptq']],
  ['bits:4 kept>high', ['bits:4', 'kept>high']],
  ['"methd:gptq" 2:4 gptq: <4', []],
])('terms of %s that look like a field and are none', (text, terms) => {
  expect(misunderstood(text, ['model', 'method'], ['bits', 'kept'])).toEqual(terms);
});

describe('addresses inside the site', () => {
  it.each([
    ['/', '/'],
    ['/models/llama-2-7b/', '/models/llama-2-7b/'],
    ['/recipes/awq-w4g128+sparse2:4/', '/recipes/awq-w4g128+sparse2:4/'],
    ['/x/a?b#c/', '/x/a%3Fb%23c/'],
    ['/x/"><script>/', '/x/%22%3E%3Cscript%3E/'],
    ['/x/\u202e%/', '/x/%E2%80%AE%25/'],
  ])('%s', (path, address) => {
    expect(href(path)).toBe(address);
  });
});

describe('rows on their way to the browser', () => {
  const name = fc.constantFrom('a', 'b', 'none', 'several', 'null', '', '<i>"&', '\u202ex');
  const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
  const share = fc.integer({ min: -5000, max: 15_000 }).map((tenths) => tenths / 10_000);
  const base = {
    model: name,
    model_name: name,
    method: name,
    recipe: name,
    source: name,
    bits: fc.constantFrom(0, 2, 4, 16),
    kept: maybe(share),
    low: maybe(share),
    high: maybe(share),
    bpw: maybe(fc.constantFrom(4, 4.25, 3.125)),
    chips: fc.array(name, { maxLength: 3 }),
  };
  const results: fc.Arbitrary<ResultRow> = fc
    .record({
      ...base,
      task: name,
      ability: maybe(name),
      metric: maybe(name),
      note: maybe(name),
      error: maybe(name),
      url: maybe(name),
      value: maybe(fc.integer()),
      n: maybe(fc.nat()),
      is_baseline: fc.boolean(),
      run: fc.constantFrom('run-1', 'run-2'),
      id: fc.string(),
    })
    .map(resultRow);
  const recipes: fc.Arbitrary<RecipeRow> = fc
    .record({ ...base, ability: name, n_tasks: fc.nat(), size_bytes: maybe(fc.nat()), page: fc.nat() })
    .map(recipeRow);

  it.each([
    ['result', results],
    ['recipe', recipes],
  ] as const)('every %s comes back as it was', (kind, row) => {
    fc.assert(
      fc.property(fc.array(row as fc.Arbitrary<ResultRow | RecipeRow>, { maxLength: 12 }), (rows) => {
        const table = decodeTable(JSON.parse(JSON.stringify(encodeRows(rows, kind, 'v'))));
        expect(table.length).toBe(rows.length);
        expect(rows.map((_, place) => table.row(place))).toEqual(rows);
        // Codes mean what the row says, for every facet and row.
        for (const facet of ['model', 'method', 'source', 'bits'] as const) {
          const { values, codes } = table.coded[facet]!;
          expect(rows.map((_, place) => values[codes[place]!]!.id)).toEqual(
            rows.map((one) => String(one[facet])),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it('lose only digits that nobody sees, and never a stored value', () => {
    const row = resultRow({
      kept: 0.123456789,
      low: 1e-9,
      bpw: 4.12549,
      value: 5.123456789,
      value_low: 5.0000123,
    });
    expect(decodeTable(encodeRows([row], 'result', 'v')).row(0)).toMatchObject({
      kept: 0.1235,
      low: 0,
      bpw: 4.125,
      value: 5.123456789,
      value_low: 5.00001,
    });
  });
});
