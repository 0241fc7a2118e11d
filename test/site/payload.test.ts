import { describe, expect, it } from 'vitest';
import { runBoard } from '../../site/lib/board-engine.ts';
import { DEFAULT_STATE } from '../../site/lib/board-state.ts';
import { decodeTable, encodeRows, type Payload } from '../../site/lib/payload.ts';
import type { RecipeRow, ResultRow } from '../../site/lib/row-types.ts';

const BASE = {
  origin: 'reported',
  source: 'paper-a',
  source_title: 'Paper A',
  model: 'llama-2-7b',
  model_name: 'LLaMA-2-7B',
  family: 'llama',
  method: 'gptq',
  method_title: 'GPTQ',
  mark: { color: 'var(--family-blue)', shape: 'square' },
  recipe: 'gptq-w4g128',
  key: 'gptq-w4g128.paper-a',
  tensor: 'W',
  chips: ['W4', 'g128'],
  bits: 4,
  bpw: 4.25,
  kept: 0.97,
} as const;

const RESULT: ResultRow = {
  ...BASE,
  kind: 'result',
  id: 'row-1',
  model_label: 'Llama 2 7B',
  method_label: 'GPTQ (ours)',
  task: 'wikitext2',
  task_title: 'WikiText-2',
  ability: 'language modelling',
  metric: 'perplexity',
  unit: 'perplexity',
  protocol: '',
  value: 5.63,
  baseline: 5.47,
  loss: 0.16,
  low: null,
  high: null,
  kept_note: null,
  std_error: null,
  n: null,
  is_baseline: false,
  doubt: null,
  note: 'read twice',
  error: null,
  url: 'https://example.org/a.md',
  locator: 'a.md Table 1',
  run: null,
};

const RECIPE: RecipeRow = {
  ...BASE,
  kind: 'recipe',
  ability: 'all',
  low: 0.96,
  high: 0.98,
  n_tasks: 3,
  n_abilities: 2,
  n_values: 5,
  size_bytes: null,
  page: 2,
};

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
