import { describe, expect, it } from 'vitest';
import { runBoard } from '../../site/lib/board-engine.ts';
import { DEFAULT_STATE } from '../../site/lib/board-state.ts';
import { decodeTable, encodeRows, type Payload } from '../../site/lib/payload.ts';
import type { ResultRow } from '../../site/lib/row-types.ts';
import { recipeRow, resultRow } from './result-row.ts';

const RESULT = resultRow({ note: 'read twice' });
const RECIPE = recipeRow();

const travel = (payload: Payload) => decodeTable(JSON.parse(JSON.stringify(payload)) as Payload);

describe('rows on their way to the browser', () => {
  const measured: ResultRow = {
    ...RESULT,
    id: 'row-2',
    origin: 'measured',
    source: 'bitloss',
    source_title: 'Bitloss',
    key: 'gptq-w4g128.bitloss',
    task: 'mmlu',
    task_title: 'MMLU',
    ability: null,
    run: 'run-1',
    url: null,
    low: 0.95,
    high: 0.99,
    n: 800,
  };

  it('come back as they were; ids are sent for measured rows only', () => {
    const table = travel(encodeRows([RESULT, measured], 'result', 'v1'));
    expect(table.row(0)).toEqual({ ...RESULT, id: null });
    expect(table.row(1)).toEqual(measured);
  });

  it('bring recipes with their evidence', () => {
    expect(travel(encodeRows([RECIPE], 'recipe', 'v1')).row(0)).toEqual(RECIPE);
  });

  it('can be filtered by every facet and sorted by every number', () => {
    const table = travel(encodeRows([RESULT, measured], 'result', 'v1'));
    const rows = (filters: object) => [
      ...runBoard(table, { ...DEFAULT_STATE, view: 'results', filters }).order,
    ];
    expect(rows({ origin: ['measured'] })).toEqual([1]);
    expect(rows({ ability: ['none'] })).toEqual([1]);
    expect(rows({ task: ['wikitext2'], bits: ['4'], family: ['llama'], tensor: ['W'] })).toEqual([0]);
    const sort = [{ column: 'n', descending: false }];
    expect([...runBoard(table, { ...DEFAULT_STATE, sort }).order]).toEqual([1, 0]);
  });

  it('send a value that repeats only once', () => {
    const payload = encodeRows(
      Array.from({ length: 50 }, () => RESULT),
      'result',
      'v1',
    );
    expect(payload.groups['model']!.values).toHaveLength(1);
    expect(payload.groups['model']!.codes).toHaveLength(50);
  });
});
