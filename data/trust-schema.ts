/**
 * The trust ledger: `trust/<subject>/<date>-<state>.json`, one file a transition, never changed afterwards. What a
 * subject is trusted for before any file says otherwise, and what each state means, stands above `views/trust.sql`.
 */
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits');
const text = z.string().min(1).max(2000);
const count = z.int().nonnegative();

/** In rising order, then the two that stop a result from counting. */
export const TRUST_STATES = [
  'claimed',
  'valid',
  'recomputed',
  'spot-checked',
  'reproduced',
  'disputed',
  'withdrawn',
] as const;

export const trustStateSchema = z.enum(TRUST_STATES);

/** What was measured again and how well it agreed. */
export const agreementSchema = z.strictObject({
  cells: count.describe('that were measured again, in whole or in part'),
  items: count.describe('outcomes that were compared one by one'),
  items_equal: count.describe('of these, how many came out the same'),
  numbers: count.describe('log-likelihoods and other measured numbers of items that were compared'),
  numbers_equal: count.describe('of these, how many are the same to the digits that are published'),
  largest_number: z
    .number()
    .nonnegative()
    .nullable()
    .describe('largest distance of such a number, rounding included; null where none was compared'),
  metrics: count.describe('scores that were compared; 0 where only some items were measured again'),
  metrics_equal: count.describe('to the last digit'),
  largest_std_errors: z
    .number()
    .nonnegative()
    .nullable()
    .describe('largest distance of a metric, in its published standard errors; null where none has one'),
  noise_floor: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe(
      'largest share of items that may differ by noise alone, in any cell; null where it is not known',
    ),
  floor_source: text.describe('where the noise floor is from'),
});

export const evidenceSchema = z.strictObject({
  command: text.nullable().describe('makes the evidence again'),
  code_commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  engine: text.nullable().describe('id, version and provider'),
  machine: text.nullable().describe('processor or GPU'),
  url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .describe('issue or pull request with the discussion'),
  agreement: agreementSchema.nullable(),
  differs: z
    .array(text)
    .max(20)
    .describe('what could not be the same as in the manifest, such as the engine; empty where all was'),
  files: z
    .array(z.strictObject({ name: text, sha256 }))
    .describe('by content; they need not be in the repository'),
});

export const trustRecordSchema = z.strictObject({
  schema: z.literal(1),
  subject: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._+-]*$/)
    .describe(
      'id of a run, or name of a file of claimed rows without .claim.json; also the folder of this file',
    ),
  row_id: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable()
    .describe('one value of it, as the board calls it; null: all'),
  state: trustStateSchema,
  since: z.iso.datetime().describe('the later of two records counts; its day begins the name of the file'),
  who: text.describe('handle of the person, or name of the check'),
  reason: text.describe('one sentence for readers of the page'),
  evidence: evidenceSchema.nullable(),
});

export type TrustState = z.infer<typeof trustStateSchema>;
export type TrustRecord = z.infer<typeof trustRecordSchema>;
export type Agreement = z.infer<typeof agreementSchema>;

/** Name of the file of a record, in the folder of its subject; a second one of a day and state ends in `-2`. */
export const TRUST_FILE = /^(\d{4}-\d{2}-\d{2})-([a-z-]+?)(?:-(\d{1,3}))?\.json$/;

/** States that may follow another. A dispute is settled by going back to a state that was reached, with its reason. */
export const TRUST_TRANSITIONS: Readonly<Record<TrustState, readonly TrustState[]>> = {
  claimed: ['valid', 'disputed', 'withdrawn'],
  valid: ['recomputed', 'spot-checked', 'reproduced', 'disputed', 'withdrawn'],
  recomputed: ['spot-checked', 'reproduced', 'disputed', 'withdrawn'],
  'spot-checked': ['spot-checked', 'reproduced', 'disputed', 'withdrawn'],
  reproduced: ['spot-checked', 'reproduced', 'disputed', 'withdrawn'],
  disputed: ['claimed', 'valid', 'recomputed', 'spot-checked', 'reproduced', 'withdrawn'],
  withdrawn: [],
};
