/** Rows of the boards with everything filled in, to be changed where a test needs it. */
import type { RecipeRow, ResultRow } from '../../site/lib/row-types.ts';

const BASE = {
  origin: 'reported',
  source: 'paper-a',
  source_title: 'Paper A',
  trust: null,
  model: 'llama-2-7b',
  model_name: 'LLaMA-2-7B',
  family: 'llama',
  params: 6.7,
  method: 'gptq',
  method_title: 'GPTQ',
  mark: { color: 'var(--family-blue)', shape: 'square' },
  recipe: 'gptq-w4g128',
  tensor: 'W',
  chips: ['W4', 'g128'],
  bits: 4,
  bpw: 4.25,
  kept: 0.97,
} as const;

export function resultRow(changes: Partial<ResultRow> = {}): ResultRow {
  return {
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
    value_low: null,
    value_high: null,
    chance: null,
    n: null,
    is_baseline: false,
    doubt: null,
    note: null,
    error: null,
    url: 'https://example.org/a.md',
    locator: 'a.md Table 1',
    run: null,
    run_page: null,
    ...changes,
    key: `${changes.recipe ?? BASE.recipe}.${changes.source ?? BASE.source}`,
  };
}

export function recipeRow(changes: Partial<RecipeRow> = {}): RecipeRow {
  return {
    ...BASE,
    kind: 'recipe',
    ability: 'all',
    low: 0.96,
    high: 0.98,
    n_tasks: 3,
    n_abilities: 2,
    n_values: 5,
    size_bytes: null,
    rank: 2,
    rank_worst: 4,
    rank_of: 30,
    page: 2,
    ...changes,
    key: `${changes.recipe ?? BASE.recipe}.${changes.source ?? BASE.source}`,
  };
}
