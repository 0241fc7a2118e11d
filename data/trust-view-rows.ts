/** Shape of the rows of the view `trust`. */
import { z } from 'zod';
import { trustStateSchema } from './trust-schema.ts';

export const trustRow = z.strictObject({
  /** Run, or file of claimed rows. */
  subject: z.string(),
  /** One value of it; null: all. */
  row_id: z.string().nullable(),
  step: z.number(),
  state: trustStateSchema,
  since: z.date(),
  who: z.string(),
  reason: z.string(),
  /** JSON of `evidenceSchema`. */
  evidence: z.string().nullable(),
  /** Relative to the data folder; null where no record says it. */
  file: z.string().nullable(),
  is_current: z.boolean(),
});
