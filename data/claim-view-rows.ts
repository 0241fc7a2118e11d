/** Shapes of the rows of the views about claims. */
import { z } from 'zod';

const text = z.string();
const number = z.number();
const side = z.enum(['reported', 'measured']);

export const claimComparisonRow = z.strictObject({
  claim_id: text,
  side,
  source_id: text,
  model_id: text,
  /** null where several recipes stand on one side. */
  recipe_id: text.nullable(),
  /** null where several tasks count as one. */
  task_id: text.nullable(),
  against: text.nullable(),
  value: number,
  low: number.nullable(),
  high: number.nullable(),
  threshold: number,
  holds: z.boolean(),
  is_sure: z.boolean(),
  /** One row of the board behind it; null for statistics of tensors. */
  row_id: text.nullable(),
  least_comparisons: number,
  least_share: number,
});

export const claimRow = z.strictObject({
  claim_id: text,
  title: text,
  value_means: text,
  unit: z.enum(['share', 'points']),
  side,
  verdict: z.enum(['holds', 'fails', 'not enough data']),
  n: number,
  n_holds: number,
  share: number.nullable(),
  n_sure_holds: number,
  n_sure_fails: number,
  median: number.nullable(),
  lowest: number.nullable(),
  highest: number.nullable(),
  n_models: number,
  n_sources: number,
  /** null where there is no comparison. */
  least_comparisons: number.nullable(),
  least_share: number.nullable(),
});
