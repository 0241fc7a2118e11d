/** Shapes of the rows of the views in `views/`. */
import { z } from 'zod';
import { adviceRow, storedBitsRow } from './advice-view-rows.ts';
import { claimComparisonRow, claimRow } from './claim-view-rows.ts';
import { COMPARE_VIEW_ROWS } from './compare-view-rows.ts';
import { coverageGapRow, coverageRow } from './coverage-view-rows.ts';
import { facetRow } from './facet-view-row.ts';
import { methodByBitsRow, methodMatchedRow } from './method-view-rows.ts';
import { runChangeRow } from './run-view-rows.ts';
import { summaryRow } from './summary-view-row.ts';
import { tensorProfileRow, tensorSensitivityRow, tensorSummaryRow } from './tensor-view-rows.ts';
import { trustStateSchema as trust } from './trust-schema.ts';
import { trustRow } from './trust-view-rows.ts';

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
  /** Ends of the 95 % interval of the value. */
  value_low: number.nullable(),
  value_high: number.nullable(),
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
  trust: trust.nullable(),
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
  trust: trust.nullable(),
  kept: number,
  loss: number,
  n_values: number,
  n_tasks: number,
  n_abilities: number,
  /** Half the width of the 95 % interval; null where a value behind the number has none. */
  kept_half: number.nullable(),
});

export const abilityKeptRow = z.strictObject({
  origin,
  source_id: text,
  model_id: text,
  recipe_id: text,
  ability: text,
  kept: number,
  kept_half: number.nullable(),
  n_tasks: number,
  n_values: number,
});

/** `ability` is `all` for the mean over abilities. */
export const recipeByAbilityRow = z.strictObject({
  ...recipeKeptRow.shape,
  ability: text,
  nominal_bits: number.nullable(),
  is_best: z.boolean(),
  is_best_of_origin: z.boolean(),
  is_best_of_source: z.boolean(),
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

export const curveRow = z.strictObject({
  origin,
  model_id,
  model_name,
  params_b,
  ability: text,
  ...method,
  nominal_bits: number,
  kept: number,
  kept_lowest: number,
  kept_highest: number,
  kept_half: number.nullable(),
  n_recipes: number,
  n_sources: number,
  n_tasks: number,
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

export const VIEW_ROWS = {
  board: boardRow,
  trust: trustRow,
  ability_kept: abilityKeptRow,
  recipe_kept: recipeKeptRow,
  recipe_by_ability: recipeByAbilityRow,
  curve: curveRow,
  best_at_bits: bestAtBitsRow,
  method_by_bits: methodByBitsRow,
  method_matched: methodMatchedRow,
  loss_by_size: lossBySizeRow,
  stored_bits: storedBitsRow,
  advice: adviceRow,
  coverage: coverageRow,
  coverage_gap: coverageGapRow,
  tensor_profile: tensorProfileRow,
  tensor_summary: tensorSummaryRow,
  tensor_sensitivity: tensorSensitivityRow,
  facet: facetRow,
  run_change: runChangeRow,
  summary: summaryRow,
  ...COMPARE_VIEW_ROWS,
  claim_comparison: claimComparisonRow,
  claim: claimRow,
} as const;
