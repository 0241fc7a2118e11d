/** Shapes of the rows of the views that put recipes, methods, abilities, families and sizes side by side. */
import { z } from 'zod';

const text = z.string();
const number = z.number();
const origin = z.enum(['reported', 'measured', 'submitted']);
const tensor = z.enum(['none', 'W', 'WA', 'KV', 'W+KV', 'prune']);

const method = {
  method_id: text,
  method_title: text.nullable(),
  /** Methods of one idea share a colour. */
  method_group: text.nullable(),
};

const compareValueRow = z.strictObject({
  origin,
  source_id: text,
  model_id: text,
  recipe_id: text,
  is_baseline: z.boolean(),
  ability: text,
  task_id: text,
  task_title: text,
  metric: text,
  unit: text,
  shots: number.nullable(),
  context_length: text.nullable(),
  position: number.nullable(),
  /** Of shares of right answers. */
  chance: number.nullable(),
  value: number,
  baseline: number,
  kept: number,
  kept_low: number.nullable(),
  kept_high: number.nullable(),
  /** These three are null where several values stand behind the number. */
  n: number.nullable(),
  run_id: text.nullable(),
  row_id: text.nullable(),
});

const duel = {
  method_id: text,
  method_title: text.nullable(),
  other_id: text,
  other_title: text.nullable(),
};

const methodPairRow = z.strictObject({
  origin,
  source_id: text,
  source_title: text,
  model_id: text,
  model_name: text,
  ...duel,
  tensor,
  w_bits: number.nullable(),
  a_bits: number.nullable(),
  kv_bits: number.nullable(),
  group_size: number.nullable(),
  sparsity: number.nullable(),
  sparsity_pattern: text.nullable(),
  recipe_id: text,
  other_recipe_id: text,
  kept: number,
  other_kept: number,
  difference: number,
  half: number.nullable(),
  n_tasks: number,
  n_values: number,
  n_better: number,
  n_worse: number,
});

const methodDuelRow = z.strictObject({
  origin: z.enum(['all', 'reported', 'measured', 'submitted']),
  ...duel,
  difference: number,
  n_models: number,
  n_pairs: number,
  n_values: number,
  n_wins: number,
  n_losses: number,
  n_ties: number,
  low: number.nullable(),
  high: number.nullable(),
});

const abilityByBitsRow = z.strictObject({
  origin,
  ...method,
  /** `all` for the mean over abilities. */
  ability: text,
  nominal_bits: number,
  kept: number,
  n_models: number,
  low: number.nullable(),
  high: number.nullable(),
});

const curveByFamilyRow = z.strictObject({
  origin,
  family: text,
  ...method,
  nominal_bits: number,
  kept: number,
  kept_half: number.nullable(),
  n_models: number,
  n_recipes: number,
});

/** Only recipes whose outcomes of every item are published; ranks within a model and source, ties as a range. */
const recipeRankRow = z.strictObject({
  origin,
  source_id: text,
  model_id: text,
  recipe_id: text,
  /** `all`, or one. */
  ability: text,
  best_rank: number,
  worst_rank: number,
  n_recipes: number,
  n_tasks: number,
});

const memoryFrontRow = z.strictObject({
  origin,
  source_id: text,
  source_title: text,
  model_id: text,
  model_name: text,
  family: text,
  series: text.nullable(),
  params_b: number.nullable(),
  recipe_id: text,
  ...method,
  w_bits: number.nullable(),
  bits: number.nullable(),
  bytes: number,
  bytes_is_nominal: z.boolean(),
  is_baseline: z.boolean(),
  measure: z.enum(['tasks', 'perplexity']),
  score: number,
  n_tasks: number,
  is_front: z.boolean(),
});

export const COMPARE_VIEW_ROWS = {
  compare_value: compareValueRow,
  method_pair: methodPairRow,
  method_duel: methodDuelRow,
  ability_by_bits: abilityByBitsRow,
  curve_by_family: curveByFamilyRow,
  memory_front: memoryFrontRow,
  recipe_rank: recipeRankRow,
} as const;
