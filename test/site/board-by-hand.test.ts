/** The board on ten rows, from rows to answers, every count worked by hand. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Facet } from '../../site/islands/Facet.tsx';
import { runBoard } from '../../site/lib/board-engine.ts';
import { type BoardState, DEFAULT_STATE, type Facet as FacetId } from '../../site/lib/board-state.ts';
import { decodeTable, encodeRows } from '../../site/lib/payload.ts';
import { resultRow } from './result-row.ts';

type Short = readonly [model: string, method: string, bits: number, task: string, kept: number | null];

const SHORT: readonly Short[] = [
  ['l2-7b', 'gptq', 4, 'wikitext2', 0.97],
  ['l2-7b', 'gptq', 3, 'wikitext2', 0.8],
  ['l2-7b', 'awq', 4, 'wikitext2', 0.98],
  ['l2-7b', 'awq', 4, 'mmlu', 0.95],
  ['l2-13b', 'gptq', 4, 'wikitext2', 0.98],
  ['l2-13b', 'awq', 3, 'mmlu', null],
  ['l2-13b', 'rtn', 2, 'mmlu', 0],
  ['opt-6b', 'rtn', 4, 'wikitext2', 0.9],
  ['opt-6b', 'rtn', 0, 'mmlu', 0.9],
  ['opt-6b', 'awq', 3, 'mmlu', 1.01],
];

const rows = SHORT.map(([model, method, bits, task, kept], place) =>
  resultRow({
    id: `row-${place}`,
    model,
    model_name: model.toUpperCase(),
    family: model.startsWith('l2') ? 'llama' : 'opt',
    model_label: model === 'opt-6b' ? 'OPT' : 'Llama',
    method,
    method_title: method.toUpperCase(),
    method_label: place === 0 ? 'GPTQ-R' : method === 'awq' ? 'AWQ (theirs)' : method,
    recipe: `${method}-w${bits}`,
    bits,
    task,
    task_title: task,
    ability: task === 'mmlu' ? 'knowledge' : null,
    kept,
    low: kept === null ? null : kept - 0.02,
    note: place === 3 ? 'zebra' : place === 4 ? 'apple' : null,
  }),
);
const table = decodeTable(JSON.parse(JSON.stringify(encodeRows(rows, 'result', 'v'))));

const run = (state: Partial<BoardState>) => runBoard(table, { ...DEFAULT_STATE, view: 'results', ...state });
const found = (state: Partial<BoardState>) => [...run(state).order];
const counts = (state: Partial<BoardState>, facet: FacetId) => {
  const numbers = run(state).counts[facet]!;
  return Object.fromEntries(table.coded[facet]!.values.map(({ id }, code) => [id, numbers[code]]));
};

describe('filters', () => {
  it('take any of the values of a facet, and all of the facets', () => {
    expect(found({ filters: { bits: ['4'] } })).toEqual([0, 2, 3, 4, 7]);
    expect(found({ filters: { bits: ['3', '4'], method: ['awq'] } })).toEqual([2, 3, 5, 9]);
    expect(found({ filters: { family: ['opt'], task: ['mmlu'] } })).toEqual([8, 9]);
    expect(found({ filters: { model: ['never-heard-of'] } })).toEqual([]);
  });

  it('count every value as if its own facet were free, under all the others', () => {
    const none = {};
    expect(counts(none, 'model')).toEqual({ 'l2-7b': 4, 'l2-13b': 3, 'opt-6b': 3 });
    expect(counts(none, 'bits')).toEqual({ 4: 5, 3: 3, 2: 1, 0: 1 });
    expect(counts(none, 'ability')).toEqual({ none: 5, knowledge: 5 });
    const one = { filters: { bits: ['4'] } };
    expect(counts(one, 'bits')).toEqual({ 4: 5, 3: 3, 2: 1, 0: 1 });
    expect(counts(one, 'method')).toEqual({ gptq: 2, awq: 2, rtn: 1 });
    const two = { filters: { bits: ['2', '4'], method: ['rtn'] } };
    expect(counts(two, 'bits')).toEqual({ 4: 1, 3: 0, 2: 1, 0: 1 });
    expect(counts(two, 'method')).toEqual({ gptq: 2, awq: 2, rtn: 2 });
    expect(counts(two, 'model')).toEqual({ 'l2-7b': 0, 'l2-13b': 1, 'opt-6b': 1 });
    expect(counts({ ...two, search: 'opt' }, 'method')).toEqual({ gptq: 0, awq: 0, rtn: 1 });
  });
});

describe('sorting', () => {
  const by = (column: string, descending: boolean, filters: BoardState['filters'] = {}) =>
    found({ sort: [{ column, descending }], filters });

  it('puts rows without a number last both ways, and keeps the order of equals', () => {
    expect(by('kept', true)).toEqual([9, 2, 4, 0, 3, 7, 8, 1, 6, 5]);
    expect(by('kept', false)).toEqual([6, 1, 7, 8, 3, 0, 2, 4, 9, 5]);
  });

  it('puts bits that are not stated last, and texts that are not there', () => {
    expect(by('bits', false)).toEqual([6, 1, 5, 9, 0, 2, 3, 4, 7, 8]);
    expect(by('bits', true)).toEqual([0, 2, 3, 4, 7, 1, 5, 9, 6, 8]);
    expect(by('note', false).slice(0, 3)).toEqual([4, 3, 0]);
    expect(by('note', true).slice(0, 3)).toEqual([3, 4, 0]);
  });

  it('reads numbers inside names as numbers', () => {
    expect(by('model', false, { task: ['wikitext2'] })).toEqual([0, 1, 2, 4, 7]);
  });

  it('takes the second column where the first is equal', () => {
    const sort = [
      { column: 'method', descending: false },
      { column: 'kept', descending: true },
    ];
    expect(found({ sort })).toEqual([9, 2, 3, 5, 4, 0, 1, 7, 8, 6]);
  });
});

describe('the search box', () => {
  it.each([
    ['awq mmlu', [3, 5, 9]],
    ['bits<=3', [1, 5, 6, 9]],
    ['bits=4 kept>=97', [0, 2, 4]],
    ['kept<90', [1, 6]],
    ['kept<=90%', [1, 6, 7, 8]],
    ['low>95.5', [2, 4, 9]],
    ['method:awq bits:3', [5, 9]],
    ['note:zebra', [3]],
    ['"awq (theirs)"', [2, 3, 5, 9]],
    // The label of one row of a model is not that of its others.
    ['gptq-r', [0]],
    // What a row does not have is not searched in: no note says "several" or "none".
    ['none', []],
    ['labels:several', []],
    ['ability:several', [0, 1, 2, 4, 7]],
    ['', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('%s', (search, places) => {
    expect(found({ search })).toEqual(places);
  });
});

describe('a facet', () => {
  const html = (state: Partial<BoardState>, facet: FacetId) => {
    const whole: BoardState = { ...DEFAULT_STATE, view: 'results', ...state };
    const { values } = table.coded[facet]!;
    const setState = () => undefined;
    const counts = runBoard(table, whole).counts[facet]!;
    return renderToStaticMarkup(
      createElement(Facet, { facet, title: 'T', values, counts, isOpen: false, state: whole, setState }),
    );
  };
  const options = (text: string) =>
    [
      ...text.matchAll(/<label class="([^"]*)"><input type="checkbox"([^>]*)\/><span>([^<]*)<.*?>(\d+)</g),
    ].map(([, style, checked, label, count]) => [label, Number(count), style, checked!.includes('checked')]);

  it('shows counts, the commonest first, dead ends dimmed', () => {
    expect(options(html({ filters: { task: ['wikitext2'] } }, 'method'))).toEqual([
      ['GPTQ', 3, 'option', false],
      ['AWQ', 1, 'option', false],
      ['RTN', 1, 'option', false],
    ]);
    expect(options(html({ search: 'opt' }, 'model'))).toEqual([
      ['OPT-6B', 3, 'option', false],
      ['L2-7B', 0, 'option dead', false],
      ['L2-13B', 0, 'option dead', false],
    ]);
  });

  it('keeps a chosen value at the top and alive, even where it leaves nothing', () => {
    expect(options(html({ filters: { model: ['l2-7b'] }, search: 'opt' }, 'model'))[0]).toEqual([
      'L2-7B',
      0,
      'option',
      true,
    ]);
  });

  it('lists bits from many to few, those not stated last', () => {
    expect(options(html({}, 'bits')).map(([label]) => label)).toEqual([
      '4 bit',
      '3 bit',
      '2 bit',
      'not stated',
    ]);
  });

  it('opens where something is chosen', () => {
    expect(html({}, 'model')).not.toContain('<details class="facet" open');
    expect(html({ filters: { model: ['l2-7b'] } }, 'model')).toContain('<details class="facet" open');
  });
});
