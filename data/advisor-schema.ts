/** The shapes of `shapes.json` and `gpus.json`: what the advisor needs to know to count memory. */
import { z } from 'zod';

const count = z.int().positive();

const cacheSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('heads'),
    kv_heads: count,
    head_size: count,
    window: count
      .nullable()
      .describe('tokens that some layers look back; null where all look back to the start'),
    windowed_layers: z.int().nonnegative(),
  }),
  z.strictObject({ kind: z.literal('latent'), latent_size: count, rope_size: count }),
  z.strictObject({ kind: z.literal('state'), inner_size: count, state_size: count, convolution: count }),
]);

export const shapeSchema = z.strictObject({
  config: z.string().min(1).describe('repository on the Hugging Face hub whose config.json says so'),
  models: z.array(z.string().min(1)).min(1).describe('models of the catalogue that have this shape'),
  layers: count,
  hidden_size: count,
  vocabulary: count,
  tied: z.boolean().describe('the head uses the matrix of the embedding'),
  heads: count.nullable().describe('of queries'),
  feed_forward: z
    .strictObject({ matrices: z.literal([2, 3]), inner_size: count })
    .nullable()
    .describe('of all experts together; null where layers differ'),
  active_inner_size: count.describe('values that a token takes inside a feed-forward part'),
  cache: cacheSchema,
});

export const gpuSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  name: z.string().min(1),
  memory_gb: count.describe('as the vendor states it'),
  url: z.url().describe('page of the vendor that says so'),
});
