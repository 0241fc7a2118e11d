/** Settings that tasks take. All of them are recorded with the result, so none of them is ever left to the machine. */
import { z } from 'zod';

const limit = z.int().positive().nullable().default(null).describe('first items only; null means all');

const pairBos = z
  .enum(['tokenizer', 'always', 'never'])
  .default('tokenizer')
  .describe('BOS before the context: as the tokenizer does by itself, always, or never');

export const pairSettings = z.strictObject({ limit, bos: pairBos });

export const rollingSettings = z.strictObject({
  limit,
  window: z
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe('tokens; null means 2048 or the model’s maximum if that is less'),
  bos: z
    .enum(['tokenizer', 'never', 'window'])
    .default('tokenizer')
    .describe(
      'BOS: once at the start of the text if the tokenizer adds it, never, or as first token of every window',
    ),
});

export const documentSettings = z.strictObject({
  limit,
  window: z.int().min(2).nullable().default(null).describe('tokens; null means the model’s maximum'),
  bos: z
    .enum(['tokenizer', 'never'])
    .default('tokenizer')
    .describe('whether the text itself starts with BOS if the tokenizer adds it'),
});

/** For answers that are usually shorter than `tokens`. */
export const generationUpTo = (tokens: number) =>
  z.strictObject({ limit, bos: pairBos, max_new_tokens: z.int().positive().default(tokens) });

export const generationSettings = generationUpTo(32);

export type PairSettings = z.infer<typeof pairSettings>;
export type RollingSettings = z.infer<typeof rollingSettings>;
export type GenerationSettings = z.infer<typeof generationSettings>;
