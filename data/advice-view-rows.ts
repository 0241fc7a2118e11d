/** Shapes of the rows of the views behind the advisor. */
import { z } from 'zod';

const text = z.string();
const number = z.number();

/** `source_id` is `every` for all sources of one origin together; `ability` is `all` for the mean over abilities. */
export const adviceRow = z.strictObject({
  model_id: text,
  origin: z.enum(['reported', 'measured', 'submitted']),
  source_id: text,
  ability: text,
  recipe_id: text,
  /** 1: the same model; 2: the same release line and size; 3: the same family and size; 4: another family of that size. */
  nearness: number.int().min(1).max(4),
  kept: number,
  loss: number,
  loss_low: number.nullable(),
  loss_high: number.nullable(),
  /** What the two ends are; null where they are not known. */
  interval: z.enum(['95 %', 'range']).nullable(),
  n_results: number,
  n_sources: number,
  n_models: number,
  n_tasks: number,
  /** One of the models behind the number. */
  example_model: text,
});

export const storedBitsRow = z.strictObject({
  recipe_id: text,
  bits_per_weight: number,
  /** The bits count embeddings and head too. */
  is_whole: z.boolean(),
  basis: z.enum(['file', 'printed', 'counted', 'assumed']),
  kv_bits: number,
});
