/** Shape of the rows of the view that says what runs changed. */
import { z } from 'zod';

const text = z.string();
const count = z.number().int();

export const runChangeRow = z.strictObject({
  run_id: text,
  source_id: text,
  created_at: z.date(),
  code_commit: text.nullable(),
  model_id: text,
  n_cells: count,
  n_failed: count,
  n_values: count,
  n_again: count,
  n_same: count,
  n_otherwise: count,
  /** null where nothing had been measured before. */
  before_run_id: text.nullable(),
  /** null, as the rest, where nothing that was measured again came out otherwise. */
  largest_recipe_id: text.nullable(),
  largest_task_id: text.nullable(),
  largest_metric: text.nullable(),
  largest_unit: text.nullable(),
  largest_before: z.number().nullable(),
  largest_after: z.number().nullable(),
  before_at: z.date().nullable(),
  before_commit: text.nullable(),
});
