/** Shapes of the rows of the views that compare methods over all models. */
import { z } from 'zod';

const text = z.string();
const number = z.number();
const tensor = z.enum(['none', 'W', 'WA', 'KV', 'W+KV', 'prune']);
const origin = z.enum(['all', 'reported', 'measured', 'submitted']);

const method = {
  method_id: text,
  method_title: text.nullable(),
  /** Methods of one idea share a colour. */
  method_group: text.nullable(),
};

export const methodByBitsRow = z.strictObject({
  origin,
  ...method,
  tensor,
  a_bits: number.nullable(),
  kv_bits: number.nullable(),
  nominal_bits: number,
  kept: number,
  n_values: number,
  n_models: number,
  n_sources: number,
});

export const methodMatchedRow = z.strictObject({
  origin,
  ...method,
  plain_id: text,
  plain_title: text.nullable(),
  tensor,
  /** Of weights, or of the cache where only that is compressed; 16 for pruning. */
  nominal_bits: number,
  /** More where plain rounding has none of so few. */
  plain_nominal_bits: number,
  a_bits: number.nullable(),
  kv_bits: number.nullable(),
  sparsity: number.nullable(),
  sparsity_pattern: text.nullable(),
  kept: number,
  plain_kept: number,
  bits: number.nullable(),
  plain_bits: number.nullable(),
  n_pairs: number,
  n_models: number,
  n_better: number,
  n_worse: number,
});
