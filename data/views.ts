/** Row types of the views in `views/`. Every number that the site shows comes from one of them. */
import { z } from 'zod';
import type { Database } from './database/open.ts';

const text = z.string();
const number = z.number();
const origin = z.enum(['reported', 'measured', 'submitted']);
const tensor = z.enum(['none', 'W', 'WA', 'KV', 'W+KV', 'prune']);

const model = {
  model_id: text,
  model_name: text,
  family: text,
  /** Release line, such as `LLaMA-2`; null for a model that is not in the catalogue. */
  series: text.nullable(),
  params_b: number.nullable(),
  /** null where the source does not say. */
  is_chat: z.boolean().nullable(),
};

const method = {
  method_id: text,
  method_title: text.nullable(),
  /** Methods of one idea share a colour. */
  method_group: text.nullable(),
};

const settings = {
  tensor,
  w_bits: number.nullable(),
  a_bits: number.nullable(),
  kv_bits: number.nullable(),
  /** −1: one group a row; null: not stated. */
  group_size: number.nullable(),
  sparsity: number.nullable(),
  sparsity_pattern: text.nullable(),
  /** Measured or printed true bits per weight. */
  bits_per_weight: number.nullable(),
  /** For charts: true bits where known, else nominal weight bits. */
  bits: number.nullable(),
  bits_is_nominal: z.boolean(),
  size_bytes: number.nullable(),
};

export const boardRow = z.strictObject({
  row_id: text,
  origin,
  source_id: text,
  source_title: text,
  source_url: text.nullable(),
  arxiv: text.nullable(),
  run_id: text.nullable(),
  locator: text,
  commit: text.nullable(),
  ...model,
  model_label: text,
  recipe_id: text,
  ...method,
  method_label: text,
  ...settings,
  task_id: text,
  task_title: text,
  ability: text.nullable(),
  task_role: z.enum(['task', 'breakdown', 'average']).nullable(),
  /** null in a failed cell. */
  metric: text.nullable(),
  unit: text.nullable(),
  /** The value is in the unit of its task, and counts in means. */
  is_primary: z.boolean().nullable(),
  higher_is_better: z.boolean().nullable(),
  chance: number.nullable(),
  shots: number.nullable(),
  context_length: text.nullable(),
  position: number.nullable(),
  /** Accuracies are fractions; null in a failed cell. */
  value: number.nullable(),
  /** As the source prints it. */
  printed: text.nullable(),
  std_error: number.nullable(),
  n: number.nullable(),
  is_baseline: z.boolean(),
  baseline_row_id: text.nullable(),
  baseline_value: number.nullable(),
  loss_points: number.nullable(),
  kept: number.nullable(),
  kept_low: number.nullable(),
  kept_high: number.nullable(),
  kept_note: z
    .enum([
      'failed',
      'shown as is',
      'no baseline',
      'two baselines',
      'suspect baseline',
      'nothing to lose',
      'below chance',
    ])
    .nullable(),
  suspect: z.boolean(),
  suspect_reason: text.nullable(),
  note: text.nullable(),
  error_code: text.nullable(),
  error_message: text.nullable(),
  cell_key: text.nullable(),
  wall_ms: number.nullable(),
  command: text.nullable(),
});

export const recipeKeptRow = z.strictObject({
  origin,
  source_id: text,
  source_title: text,
  ...model,
  recipe_id: text,
  ...method,
  ...settings,
  is_baseline: z.boolean(),
  kept: number,
  loss: number,
  n_values: number,
  n_tasks: number,
  n_abilities: number,
});

const { model_id, model_name, family, series, params_b, is_chat } = model;
const { w_bits, a_bits, kv_bits, group_size, bits_per_weight } = settings;

export const bestAtBitsRow = z.strictObject({
  ...model,
  nominal_bits: number,
  origin,
  source_id: text,
  source_title: text,
  recipe_id: text,
  ...method,
  tensor,
  w_bits,
  a_bits,
  kv_bits,
  group_size,
  bits_per_weight,
  kept: number,
  loss: number,
  n_tasks: number,
  n_abilities: number,
});

export const methodByBitsRow = z.strictObject({
  origin: z.enum(['all', 'reported', 'measured', 'submitted']),
  ...method,
  tensor,
  nominal_bits: number,
  kept: number,
  n_values: number,
  n_models: number,
  n_sources: number,
});

export const lossBySizeRow = z.strictObject({
  origin,
  model_id,
  model_name,
  family,
  series,
  params_b,
  is_chat,
  ...method,
  nominal_bits: number,
  loss: number,
  kept: number,
  n_recipes: number,
  n_tasks: number,
});

export const facetRow = z.strictObject({ facet: text, value: text, label: text, n: number });

export const summaryRow = z.strictObject({
  reported: number,
  measured: number,
  submitted: number,
  failed: number,
  models: number,
  methods: number,
  tasks: number,
  sources: number,
  with_kept: number,
  suspect: number,
});

export const VIEW_ROWS = {
  board: boardRow,
  recipe_kept: recipeKeptRow,
  best_at_bits: bestAtBitsRow,
  method_by_bits: methodByBitsRow,
  loss_by_size: lossBySizeRow,
  facet: facetRow,
  summary: summaryRow,
} as const;

export type ViewName = keyof typeof VIEW_ROWS;
export type ViewRow<Name extends ViewName> = z.infer<(typeof VIEW_ROWS)[Name]>;
export type BoardRow = ViewRow<'board'>;
export type RecipeKeptRow = ViewRow<'recipe_kept'>;
export type BestAtBitsRow = ViewRow<'best_at_bits'>;
export type MethodByBitsRow = ViewRow<'method_by_bits'>;
export type LossBySizeRow = ViewRow<'loss_by_size'>;
export type FacetRow = ViewRow<'facet'>;
export type SummaryRow = ViewRow<'summary'>;

/** Files of `views/`, each after those it reads. */
export const VIEWS = ['score', ...(Object.keys(VIEW_ROWS) as ViewName[])] as const;

/** All rows of a view. A test checks that the rows have the types above, so reading does not. */
export async function readView<Name extends ViewName>(database: Database, view: Name): Promise<ViewRow<Name>[]> {
  const reader = await database.connection.runAndReadAll(`SELECT * FROM ${view}`);
  return reader.getRowObjectsJS() as ViewRow<Name>[];
}
