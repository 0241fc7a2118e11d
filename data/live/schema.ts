/** Files of the page that runs shipped models in the browser: what it offers, and what it shows where no script runs. */
import { z } from 'zod';
import { calibrationSchema } from '../schema.ts';

const text = z.string().min(1);
const share = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const engine = z.strictObject({ id: text, version: text, provider: text });

/** `models.json`, written by hand. */
export const liveModelsSchema = z.strictObject({
  schema: z.literal(1),
  models: z
    .array(
      z.strictObject({
        /** A folder of `models/`. */
        id: text,
        title: text,
        about: text,
        /** A text of the kind that the model knows, whose perplexity is shown. */
        sentence: text,
        examples: z.array(z.strictObject({ title: text, prompt: text })).min(1),
        /** Recipes whose codes are made in advance, since their calibration is too much for a browser. */
        packed: z.array(text),
      }),
    )
    .min(1),
});

/** What one precision wrote; the first of a list is the model at 16 bit. */
const laneSchema = z.strictObject({
  recipe: text,
  bits_per_weight: z.number().positive(),
  size_bytes: z.int().positive(),
  tokens: z.array(z.int().nonnegative()),
  /** What each token adds to the text. */
  pieces: z.array(z.string()),
  /** Share of the 16-bit text's tokens that this one, reading it, would have chosen too. */
  same_choice: share,
  kl_nats: z.number(),
  repetition: share,
  perplexity: z.number().positive(),
});

/** `recordings.json`, written by `scripts/record-live.ts`. */
export const liveRecordingsSchema = z.strictObject({
  schema: z.literal(1),
  command: text,
  engine,
  max_new_tokens: z.int().positive(),
  models: z.array(
    z.strictObject({
      id: text,
      weights_sha256: sha256,
      sentence: text,
      examples: z.array(z.strictObject({ prompt: text, lanes: z.array(laneSchema).min(2) })),
    }),
  ),
});

/** `packed.json`, written by `scripts/pack-live.ts`: how each file of `packed/` was made. */
export const livePackedSchema = z.strictObject({
  schema: z.literal(1),
  command: text,
  engine,
  files: z.array(
    z.strictObject({
      model: text,
      recipe: text,
      /** In `packed/`; the layout is that of `eval/compress/stored-block.ts`. */
      name: text,
      bytes: z.int().positive(),
      sha256,
      /** Of the model.safetensors that was compressed. */
      weights_sha256: sha256,
      bits_per_weight: z.number().positive(),
      calibration: calibrationSchema,
    }),
  ),
});

export type LiveModels = z.infer<typeof liveModelsSchema>;
export type LiveModelEntry = LiveModels['models'][number];
export type LiveRecordings = z.infer<typeof liveRecordingsSchema>;
export type LivePacked = z.infer<typeof livePackedSchema>;
export type RecordedLane = z.infer<typeof laneSchema>;
