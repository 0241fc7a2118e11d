/**
 * Falcon in its three forms: one key-value head, attention and feed-forward in parallel behind one norm (7B); grouped
 * heads behind two norms (40B, 180B); ALiBi with the two parts in sequence (RW). Source: Almazrouei et al. 2023,
 * arXiv:2311.16867, section 4.
 */
import { z } from 'zod';
import type { Block, Position } from './architecture.ts';
import { defineFamily } from './family.ts';
import { alibiSlopes, roundToBfloat16 } from './parts/alibi.ts';
import {
  headOf,
  interleavedProjections,
  layerNorm,
  linear,
  plainAttention,
  plainEmbedding,
  preNorm,
} from './parts/blocks.ts';
import { activationKey, checkHeads, dimension, epsilon, layerCount, renameKeys } from './parts/keys.ts';
import { rope, ropeKeys, ropeProblem, ropeSettings } from './parts/rope.ts';

const OLDER_KEYS = {
  n_embed: 'hidden_size',
  n_layer: 'num_hidden_layers',
  n_head: 'num_attention_heads',
  n_head_kv: 'num_kv_heads',
};

const shape = z.object({
  vocab_size: dimension,
  hidden_size: dimension,
  num_hidden_layers: layerCount,
  num_attention_heads: dimension,
  num_kv_heads: dimension.nullish(),
  ffn_hidden_size: dimension.nullish(),
  num_ln_in_parallel_attn: z.literal([1, 2]).nullish(),
  layer_norm_epsilon: epsilon.default(1e-5),
  alibi: z.boolean().default(false),
  new_decoder_architecture: z.boolean().default(false),
  multi_query: z.boolean().default(true),
  parallel_attn: z.boolean().default(true),
  bias: z.boolean().default(false),
  max_position_embeddings: dimension.default(2048),
  activation: activationKey('gelu'),
  tie_word_embeddings: z.boolean().default(true),
  ...ropeKeys,
});

type FalconConfig = z.infer<typeof shape>;

export const falcon = defineFamily({
  id: 'falcon',
  title: 'Falcon',
  architectureClass: 'FalconForCausalLM',
  remoteClasses: ['FalconForCausalLM'],
  config: z.preprocess(renameKeys(OLDER_KEYS), shape.superRefine(check)),
  describe(parsed) {
    const { vocab_size: vocabSize, hidden_size: hiddenSize } = parsed;
    const embedding = 'transformer.word_embeddings.weight';
    return {
      family: 'falcon',
      vocabSize,
      hiddenSize,
      maxPositions: parsed.max_position_embeddings,
      embedding: plainEmbedding(embedding),
      blocks: Array.from({ length: parsed.num_hidden_layers }, (_, index) => block(parsed, index)),
      finalNorm: layerNorm('transformer.ln_f', parsed.layer_norm_epsilon),
      headProjection: null,
      head: headOf('lm_head', embedding, parsed.tie_word_embeddings, vocabSize, hiddenSize),
      logitSoftCap: null,
    };
  },
});

function check(parsed: FalconConfig, context: z.RefinementCtx): void {
  const report = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const { num_attention_heads: heads, hidden_size: hidden, new_decoder_architecture: grouped } = parsed;
  const kvHeads = parsed.num_kv_heads ?? heads;
  checkHeads(hidden, heads, context);
  if (grouped && heads % kvHeads !== 0)
    report('num_kv_heads', `${kvHeads} key-value heads do not divide ${heads} heads`);
  if (grouped && !parsed.parallel_attn)
    report('parallel_attn', 'the new decoder architecture is only computed in parallel');
  if (!grouped && parsed.num_ln_in_parallel_attn === 2)
    report('num_ln_in_parallel_attn', 'two norms need the new decoder architecture');
  const settings = ropeSettings(parsed, 10_000);
  if (typeof settings === 'string') report('rope_parameters', settings);
  else if (!parsed.alibi && hidden % heads === 0) {
    const problem = ropeProblem(settings, hidden / heads);
    if (problem !== null) report('num_attention_heads', problem);
  }
}

function block(parsed: FalconConfig, index: number): Block {
  const { hidden_size: hidden, num_attention_heads: heads, bias } = parsed;
  const path = `transformer.h.${index}`;
  const inner = parsed.ffn_hidden_size ?? 4 * hidden;
  const counts = { heads, kvHeads: kvHeadsOf(parsed), headDim: hidden / heads };
  return {
    ...norms(parsed, path),
    mixer: {
      ...plainAttention(counts),
      ...counts,
      ...interleavedProjections(`${path}.self_attention.query_key_value`, counts, hidden, bias),
      o: linear(`${path}.self_attention.dense`, hidden, hidden, bias),
      position: position(parsed),
    },
    feedForward: {
      kind: 'mlp',
      activation: parsed.activation,
      up: linear(`${path}.mlp.dense_h_to_4h`, inner, hidden, bias),
      down: linear(`${path}.mlp.dense_4h_to_h`, hidden, inner, bias),
    },
    arrangement: parsed.parallel_attn ? 'parallel' : 'sequential',
  };
}

function kvHeadsOf({ new_decoder_architecture: grouped, multi_query: one, ...parsed }: FalconConfig): number {
  if (grouped) return parsed.num_kv_heads ?? parsed.num_attention_heads;
  return one ? 1 : parsed.num_attention_heads;
}

function norms(parsed: FalconConfig, path: string): Pick<Block, 'mixerNorms' | 'feedForwardNorms'> {
  const norm = (name: string) => preNorm(layerNorm(`${path}.${name}`, parsed.layer_norm_epsilon));
  if (!parsed.parallel_attn) {
    return { mixerNorms: norm('input_layernorm'), feedForwardNorms: norm('post_attention_layernorm') };
  }
  const hasTwo = parsed.new_decoder_architecture && parsed.num_ln_in_parallel_attn !== 1;
  return hasTwo
    ? { mixerNorms: norm('ln_attn'), feedForwardNorms: norm('ln_mlp') }
    : { mixerNorms: norm('input_layernorm'), feedForwardNorms: preNorm(null) };
}

/** The class keeps ALiBi in bfloat16 in every precision, and scales it together with the scores. */
function position(parsed: FalconConfig): Position {
  const { num_attention_heads: heads, hidden_size: hidden } = parsed;
  if (parsed.alibi) {
    const slopes = alibiSlopes(heads).map(roundToBfloat16);
    return { kind: 'alibi', slopes, factor: 1 / Math.sqrt(hidden / heads), rounded: true };
  }
  const settings = ropeSettings(parsed, 10_000);
  if (typeof settings === 'string') throw new TypeError(`check must run first: ${settings}`);
  return rope(settings, hidden / heads, parsed.max_position_embeddings);
}
