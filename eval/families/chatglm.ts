/**
 * ChatGLM2 and ChatGLM3: half of each head rotated in neighbouring pairs, fused projections, grouped heads. The code
 * that comes with these checkpoints is never run. Source: Du et al. 2024, arXiv:2406.12793, section 2.
 */
import { z } from 'zod';
import type { Block } from './architecture.ts';
import { defineFamily } from './family.ts';
import {
  fusedLinear,
  headOf,
  interleavedProjections,
  linear,
  plainAttention,
  plainEmbedding,
  preNorm,
  rmsNorm,
  rowRange,
  stackedProjections,
} from './parts/blocks.ts';
import { dimension, epsilon, layerCount } from './parts/keys.ts';
import { rope } from './parts/rope.ts';

const shape = z.object({
  padded_vocab_size: dimension,
  hidden_size: dimension,
  num_layers: layerCount,
  num_attention_heads: dimension,
  ffn_hidden_size: dimension,
  kv_channels: dimension.default(128),
  seq_length: dimension.default(2048),
  layernorm_epsilon: epsilon.default(1e-5),
  multi_query_attention: z.boolean().default(false),
  multi_query_group_num: dimension.default(1),
  add_bias_linear: z.boolean().default(false),
  add_qkv_bias: z.boolean().default(false),
  /** Factor on the base of the rotation, as ChatGLM3 and later mean it. */
  rope_ratio: z.number().positive().default(1),
  original_rope: z.literal(true, 'only the original rotation is supported').default(true),
  rmsnorm: z.literal(true, 'only RMSNorm is supported').default(true),
  post_layer_norm: z.literal(true, 'a model without a final norm is not supported').default(true),
  apply_residual_connection_post_layernorm: z
    .literal(false, 'a residual taken after the norm is not supported')
    .default(false),
  pre_seq_len: z.null('prefix tuning is not supported').default(null),
  tie_word_embeddings: z.literal(false, 'the head has weights of its own').default(false),
  _name_or_path: z.string().default(''),
});

type ChatGlmConfig = z.infer<typeof shape>;

export const chatglm = defineFamily({
  id: 'chatglm',
  title: 'ChatGLM 2 and 3',
  architectureClass: 'ChatGLMModel',
  remoteClasses: ['ChatGLMModel', 'ChatGLMForConditionalGeneration'],
  config: shape.superRefine(check),
  describe(parsed) {
    const { padded_vocab_size: vocabSize, hidden_size: hiddenSize, layernorm_epsilon: eps } = parsed;
    const embedding = 'transformer.embedding.word_embeddings.weight';
    return {
      family: 'chatglm',
      vocabSize,
      hiddenSize,
      maxPositions: parsed.seq_length,
      embedding: plainEmbedding(embedding),
      blocks: Array.from({ length: parsed.num_layers }, (_, index) => block(parsed, index)),
      finalNorm: rmsNorm('transformer.encoder.final_layernorm', eps),
      headProjection: null,
      head: headOf('transformer.output_layer', embedding, false, vocabSize, hiddenSize),
      logitSoftCap: null,
    };
  },
});

function check(parsed: ChatGlmConfig, context: z.RefinementCtx): void {
  const report = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const { num_attention_heads: heads, multi_query_group_num: groups, kv_channels: headDim } = parsed;
  if (parsed.multi_query_attention && heads % groups !== 0)
    report('multi_query_group_num', `${groups} groups do not divide ${heads} heads`);
  // The 32k version of ChatGLM2 divides positions by the ratio; its config differs from later ones by the name only.
  if (parsed.rope_ratio !== 1 && /chatglm2/i.test(parsed._name_or_path))
    report('rope_ratio', 'positions divided by a ratio, as ChatGLM2 has them, are not supported');
  if (headDim % 4 !== 0) report('kv_channels', `half of ${headDim} values do not make pairs`);
}

function block(parsed: ChatGlmConfig, index: number): Block {
  const { hidden_size: hidden, num_attention_heads: heads, ffn_hidden_size: inner } = parsed;
  const { kv_channels: headDim, layernorm_epsilon: eps, add_bias_linear: bias } = parsed;
  const path = `transformer.encoder.layers.${index}`;
  const kvHeads = parsed.multi_query_attention ? parsed.multi_query_group_num : heads;
  const counts = { heads, kvHeads, headDim };
  const projections = parsed.multi_query_attention ? stackedProjections : interleavedProjections;
  const upper = `${path}.mlp.dense_h_to_4h`;
  const half = { outFeatures: inner, inFeatures: hidden, bias };
  return {
    mixerNorms: preNorm(rmsNorm(`${path}.input_layernorm`, eps)),
    mixer: {
      ...plainAttention(counts),
      ...counts,
      ...projections(`${path}.self_attention.query_key_value`, counts, hidden, bias || parsed.add_qkv_bias),
      o: linear(`${path}.self_attention.dense`, hidden, heads * headDim, bias),
      position: position(parsed),
    },
    feedForwardNorms: preNorm(rmsNorm(`${path}.post_attention_layernorm`, eps)),
    feedForward: {
      kind: 'glu',
      activation: 'silu',
      gate: fusedLinear(upper, 'gate', rowRange(0, inner), half),
      up: fusedLinear(upper, 'up', rowRange(inner, inner), half),
      down: linear(`${path}.mlp.dense_4h_to_h`, hidden, inner, bias),
    },
    arrangement: 'sequential',
  };
}

function position({ rope_ratio: ratio, kv_channels: headDim, seq_length: length }: ChatGlmConfig) {
  const settings = { theta: 10_000 * ratio, scaling: { rope_type: 'default' as const }, part: 0.5 };
  return rope(settings, headDim, length, 'interleaved');
}
