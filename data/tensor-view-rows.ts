/** Shapes of the rows of the views about tensors. */
import { z } from 'zod';
import { TENSOR_KINDS } from './tensor-schema.ts';

const text = z.string();
const number = z.number();
const kind = z.enum(TENSOR_KINDS);

const model = { model_id: text, model_name: text, family: text, params_b: number };

export const tensorProfileRow = z.strictObject({
  ...model,
  series: text.nullable(),
  /** Folder below data/tensors, or `local`. */
  owner: text,
  layer: number,
  linear: text,
  tensor: kind,
  count: number,
  abs_max: number,
  std: number,
  kurtosis: number.nullable(),
  channel_kurtosis: number.nullable(),
  /** abs_max / std. */
  peak: number.nullable(),
  /** The highest kurtosis of its kind in its layer. */
  is_extreme: z.boolean(),
});

export const tensorSummaryRow = z.strictObject({
  ...model,
  series: text.nullable(),
  tensor: kind,
  n_tensors: number,
  n_layers: number,
  abs_max_mean: number,
  abs_max_max: number,
  std_mean: number,
  std_max: number,
  kurtosis_mean: number.nullable(),
  kurtosis_max: number.nullable(),
  peak_mean: number.nullable(),
  peak_max: number.nullable(),
  channel_kurtosis_max: number.nullable(),
  worst_layer: number.nullable(),
  worst_linear: text.nullable(),
});

export const tensorSensitivityRow = z.strictObject({
  ...model,
  tensor: kind,
  kurtosis_mean: number,
  kurtosis_max: number,
  peak_max: number,
  recipe_id: text,
  origin: z.enum(['measured', 'submitted']),
  source_id: text,
  n_tasks: number,
  loss: number,
  n_models: number,
  /** Spearman's, over all models of this kind of tensor. */
  rank_correlation: number.nullable(),
});
