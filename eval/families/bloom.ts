/** BLOOM: ALiBi, a norm after the embedding, fused projections. Source: BigScience 2022, arXiv:2211.05100, section 3.2. */
import { z } from 'zod';
import type { Block } from './architecture.ts';
import { defineFamily } from './family.ts';
import { alibiSlopes } from './parts/alibi.ts';
import {
  headOf,
  interleavedProjections,
  layerNorm,
  linear,
  plainAttention,
  preNorm,
} from './parts/blocks.ts';
import { checkHeads, dimension, epsilon, layerCount, renameKeys } from './parts/keys.ts';

const OLDER_KEYS = {
  n_embed: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
};

const config = z.preprocess(
  renameKeys(OLDER_KEYS),
  z
    .object({
      vocab_size: dimension,
      hidden_size: dimension,
      num_hidden_layers: layerCount,
      num_attention_heads: dimension,
      layer_norm_epsilon: epsilon.default(1e-5),
      // The class has no limit; published configs say what the model was trained with.
      seq_length: dimension.default(2048),
      apply_residual_connection_post_layernorm: z
        .literal(false, 'a residual taken after the norm is not supported')
        .default(false),
      slow_but_exact: z.literal(false, 'only the ordinary order of sums is computed').default(false),
      tie_word_embeddings: z.boolean().default(true),
    })
    .superRefine((parsed, context) => checkHeads(parsed.hidden_size, parsed.num_attention_heads, context)),
);

type BloomConfig = z.infer<typeof config>;

export const bloom = defineFamily({
  id: 'bloom',
  title: 'BLOOM',
  architectureClass: 'BloomForCausalLM',
  config,
  describe(parsed) {
    const { vocab_size: vocabSize, hidden_size: hiddenSize, layer_norm_epsilon: eps } = parsed;
    const embedding = 'transformer.word_embeddings.weight';
    return {
      family: 'bloom',
      vocabSize,
      hiddenSize,
      maxPositions: parsed.seq_length,
      embedding: {
        tensor: embedding,
        scale: 1,
        positions: null,
        projection: null,
        norm: layerNorm('transformer.word_embeddings_layernorm', eps),
      },
      blocks: Array.from({ length: parsed.num_hidden_layers }, (_, index) => block(parsed, index)),
      finalNorm: layerNorm('transformer.ln_f', eps),
      headProjection: null,
      head: headOf('lm_head', embedding, parsed.tie_word_embeddings, vocabSize, hiddenSize),
      logitSoftCap: null,
    };
  },
});

function block(parsed: BloomConfig, index: number): Block {
  const { hidden_size: hidden, num_attention_heads: heads, layer_norm_epsilon: eps } = parsed;
  const path = `transformer.h.${index}`;
  const counts = { heads, kvHeads: heads, headDim: hidden / heads };
  return {
    mixerNorms: preNorm(layerNorm(`${path}.input_layernorm`, eps)),
    mixer: {
      ...plainAttention(counts),
      ...counts,
      ...interleavedProjections(`${path}.self_attention.query_key_value`, counts, hidden, true),
      o: linear(`${path}.self_attention.dense`, hidden, hidden, true),
      position: { kind: 'alibi', slopes: alibiSlopes(heads), factor: 1, rounded: false },
    },
    feedForwardNorms: preNorm(layerNorm(`${path}.post_attention_layernorm`, eps)),
    feedForward: {
      kind: 'mlp',
      activation: 'gelu-tanh',
      up: linear(`${path}.mlp.dense_h_to_4h`, 4 * hidden, hidden, true),
      down: linear(`${path}.mlp.dense_4h_to_h`, hidden, 4 * hidden, true),
    },
    arrangement: 'sequential',
  };
}
