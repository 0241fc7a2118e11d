/** The decoder that LLaMA and its relatives share: RMSNorm, rotary grouped-query attention, gated feed-forward. */
import { z } from 'zod';
import type { Architecture, Block, Linear, Norm } from '../architecture.ts';
import { plainEmbedding, preNorm } from './blocks.ts';
import { rope, ropeKeys, ropeSettings } from './rope.ts';

// Limits far above every published model; they keep a hostile config from exhausting memory.
const dimension = z
  .int()
  .positive()
  .max(2 ** 24);
const layers = z.int().positive().max(4096);

/** Keys that all of them read. Families add their own and their defaults. */
export const decoderKeys = {
  vocab_size: dimension,
  hidden_size: dimension,
  intermediate_size: dimension,
  num_hidden_layers: layers,
  num_attention_heads: dimension,
  num_key_value_heads: dimension.nullish(),
  head_dim: dimension.nullish(),
  hidden_act: z.literal('silu', 'only "silu" is supported').default('silu'),
  max_position_embeddings: dimension.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  ...ropeKeys,
};

const shape = z.object(decoderKeys);
export type DecoderConfig = z.infer<typeof shape>;

/** Checks between keys; use as `z.object(…).superRefine(checkDecoder)`. */
export function checkDecoder(config: DecoderConfig, context: z.RefinementCtx): void {
  const report = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const heads = config.num_attention_heads;
  const headDim = headDimOf(config);
  const kvHeads = config.num_key_value_heads ?? heads;
  if (!Number.isInteger(headDim))
    report('num_attention_heads', `${heads} heads do not divide hidden_size ${config.hidden_size}`);
  else if (headDim % 2 !== 0) report('head_dim', `${headDim} is odd; rotary positions need pairs`);
  if (heads % kvHeads !== 0)
    report('num_key_value_heads', `${kvHeads} key-value heads do not divide ${heads} heads`);
  const settings = ropeSettings(config, 10_000);
  if (typeof settings === 'string') report('rope_parameters', settings);
}

/** @param slidingWindow  keys that a query sees, itself included; null for all */
export function describeDecoder(
  family: string,
  config: DecoderConfig,
  slidingWindow: number | null,
): Architecture {
  const { vocab_size: vocabSize, hidden_size: hiddenSize } = config;
  const embedding = 'model.embed_tokens.weight';
  const headTensor = config.tie_word_embeddings ? embedding : 'lm_head.weight';
  return {
    family,
    vocabSize,
    hiddenSize,
    maxPositions: config.max_position_embeddings,
    embedding: plainEmbedding(embedding),
    blocks: Array.from({ length: config.num_hidden_layers }, (_, index) =>
      block(config, index, slidingWindow),
    ),
    finalNorm: norm(config, 'model.norm'),
    headProjection: null,
    head: { name: 'lm_head', tensor: headTensor, outFeatures: vocabSize, inFeatures: hiddenSize },
    logitSoftCap: null,
  };
}

function block(config: DecoderConfig, index: number, slidingWindow: number | null): Block {
  const path = `model.layers.${index}`;
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads } = config;
  const headDim = headDimOf(config);
  const kvHeads = config.num_key_value_heads ?? heads;
  const attention = (name: string, out: number, into: number) =>
    linear(`${path}.self_attn.${name}`, out, into, config.attention_bias);
  const feedForward = (name: string, out: number, into: number) =>
    linear(`${path}.mlp.${name}`, out, into, config.mlp_bias);
  return {
    mixerNorms: preNorm(norm(config, `${path}.input_layernorm`)),
    mixer: {
      kind: 'attention',
      heads,
      kvHeads,
      headDim,
      q: attention('q_proj', heads * headDim, hidden),
      k: attention('k_proj', kvHeads * headDim, hidden),
      v: attention('v_proj', kvHeads * headDim, hidden),
      o: attention('o_proj', hidden, heads * headDim),
      position: positions(config, headDim),
      scale: 1 / Math.sqrt(headDim),
      softCap: null,
      slidingWindow,
      queryKeyNorm: null,
    },
    feedForwardNorms: preNorm(norm(config, `${path}.post_attention_layernorm`)),
    feedForward: {
      kind: 'glu',
      activation: config.hidden_act,
      gate: feedForward('gate_proj', inner, hidden),
      up: feedForward('up_proj', inner, hidden),
      down: feedForward('down_proj', hidden, inner),
    },
    arrangement: 'sequential',
  };
}

function positions(config: DecoderConfig, headDim: number) {
  const settings = ropeSettings(config, 10_000);
  if (typeof settings === 'string') throw new TypeError(`checkDecoder must run first: ${settings}`);
  return rope(settings, headDim);
}

function headDimOf(config: DecoderConfig): number {
  return config.head_dim ?? config.hidden_size / config.num_attention_heads;
}

function linear(name: string, outFeatures: number, inFeatures: number, bias: boolean): Linear {
  const base = { name, tensor: `${name}.weight`, outFeatures, inFeatures };
  return bias ? { ...base, bias: `${name}.bias` } : base;
}

function norm(config: DecoderConfig, name: string): Norm {
  return { kind: 'rms', tensor: `${name}.weight`, eps: config.rms_norm_eps, unitOffset: false };
}
