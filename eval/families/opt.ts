/**
 * OPT: learned positions, biases, ReLU. Most sizes have norms before their parts; the 350M model has them after the
 * sums, no final norm, and projections around narrower embeddings. Source: Zhang et al. 2022, arXiv:2205.01068.
 */
import { z } from 'zod';
import type { Block } from './architecture.ts';
import { defineFamily } from './family.ts';
import { headOf, layerNorm, linear, plainAttention, postNorm, preNorm } from './parts/blocks.ts';
import { activationKey, checkHeads, dimension, layerCount } from './parts/keys.ts';

/** Rows of the position table before the one of position 0. */
const POSITION_OFFSET = 2;
/** What torch's LayerNorm has unless told otherwise. */
const EPS = 1e-5;

const config = z
  .object({
    vocab_size: dimension,
    hidden_size: dimension,
    num_hidden_layers: layerCount,
    num_attention_heads: dimension,
    ffn_dim: dimension,
    max_position_embeddings: dimension.default(2048),
    word_embed_proj_dim: dimension.nullish(),
    do_layer_norm_before: z.boolean().default(true),
    _remove_final_layer_norm: z.boolean().default(false),
    activation_function: activationKey('relu'),
    enable_bias: z.boolean().default(true),
    layer_norm_elementwise_affine: z.literal(true, 'norms without weights are not supported').default(true),
    tie_word_embeddings: z.boolean().default(true),
  })
  .superRefine((parsed, context) => checkHeads(parsed.hidden_size, parsed.num_attention_heads, context));

type OptConfig = z.infer<typeof config>;

export const opt = defineFamily({
  id: 'opt',
  title: 'OPT',
  architectureClass: 'OPTForCausalLM',
  config,
  describe(parsed) {
    const { vocab_size: vocabSize, hidden_size: hiddenSize, tie_word_embeddings: tied } = parsed;
    const path = 'model.decoder';
    const embedding = `${path}.embed_tokens.weight`;
    const size = parsed.word_embed_proj_dim ?? hiddenSize;
    const hasFinalNorm = parsed.do_layer_norm_before && !parsed._remove_final_layer_norm;
    return {
      family: 'opt',
      vocabSize,
      hiddenSize,
      maxPositions: parsed.max_position_embeddings,
      embedding: {
        tensor: embedding,
        scale: 1,
        positions: { tensor: `${path}.embed_positions.weight`, offset: POSITION_OFFSET },
        projection: size === hiddenSize ? null : linear(`${path}.project_in`, hiddenSize, size, false),
        norm: null,
      },
      blocks: Array.from({ length: parsed.num_hidden_layers }, (_, index) =>
        block(parsed, `${path}.layers.${index}`),
      ),
      finalNorm: hasFinalNorm ? layerNorm(`${path}.final_layer_norm`, EPS) : null,
      headProjection: size === hiddenSize ? null : linear(`${path}.project_out`, size, hiddenSize, false),
      head: headOf('lm_head', embedding, tied, vocabSize, size),
      logitSoftCap: null,
    };
  },
});

function block(parsed: OptConfig, path: string): Block {
  const { hidden_size: hidden, num_attention_heads: heads, ffn_dim: inner, enable_bias: bias } = parsed;
  const counts = { heads, kvHeads: heads, headDim: hidden / heads };
  const norms = parsed.do_layer_norm_before ? preNorm : postNorm;
  const projection = (name: string) => linear(`${path}.self_attn.${name}`, hidden, hidden, bias);
  return {
    mixerNorms: norms(layerNorm(`${path}.self_attn_layer_norm`, EPS)),
    mixer: {
      ...plainAttention(counts),
      ...counts,
      q: projection('q_proj'),
      k: projection('k_proj'),
      v: projection('v_proj'),
      o: projection('out_proj'),
    },
    feedForwardNorms: norms(layerNorm(`${path}.final_layer_norm`, EPS)),
    feedForward: {
      kind: 'mlp',
      activation: parsed.activation_function,
      up: linear(`${path}.fc1`, inner, hidden, bias),
      down: linear(`${path}.fc2`, hidden, inner, bias),
    },
    arrangement: 'sequential',
  };
}
