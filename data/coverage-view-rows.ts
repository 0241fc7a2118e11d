/** Shapes of the rows of the views behind the page of coverage. */
import { z } from 'zod';

const text = z.string();
const number = z.number();
const place = { model_id: text, model_name: text, params_b: number.nullable(), method_id: text };

export const coverageRow = z.strictObject({
  ...place,
  family: text,
  method_title: text.nullable(),
  tensor: z.enum(['W', 'WA', 'KV', 'W+KV']),
  nominal_bits: number,
  reported: number,
  measured: number,
  submitted: number,
  failed: number,
  n_tasks: number,
  n_sources: number,
});

export const coverageGapRow = z.strictObject({
  ...place,
  method_title: text.nullable(),
  nominal_bits: number,
  /** Methods that the model has at these bits. */
  n_methods: number,
  /** Models that the method has at these bits. */
  n_models: number,
  worth: number,
  recipe_id: text.nullable(),
});
