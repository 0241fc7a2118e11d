/** The decoder that LLaMA and its relatives share: RMSNorm, rotary grouped-query attention, gated feed-forward. */
import { z } from 'zod';
import type { Activation, Architecture, Attention, Block, GatedFeedForward, Norm } from '../architecture.ts';
import { headOf, linear, plainAttention, plainEmbedding, preNorm, rmsNorm } from './blocks.ts';
import { dimension, epsilon, layerCount } from './keys.ts';
import { type RopeSettings, rope, ropeKeys, ropeProblem, ropeSettings } from './rope.ts';

/** Keys that all of them read. Families add their own and their defaults. */
export const decoderKeys = {
  vocab_size: dimension,
  hidden_size: dimension,
  intermediate_size: dimension,
  num_hidden_layers: layerCount,
  num_attention_heads: dimension,
  num_key_value_heads: dimension.nullish(),
  head_dim: dimension.nullish(),
  hidden_act: z.literal('silu', 'only "silu" is supported').default('silu'),
  max_position_embeddings: dimension.default(2048),
  rms_norm_eps: epsilon.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  ...ropeKeys,
};

/** What a config must have after parsing; families may leave the rest out. */
export interface DecoderConfig {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads?: number | null | undefined;
  readonly head_dim?: number | null | undefined;
  readonly hidden_act: Activation;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps?: number;
  readonly tie_word_embeddings: boolean;
  readonly attention_bias: boolean;
  readonly mlp_bias: boolean;
  readonly rope_theta?: number | undefined;
}

type WithRope = DecoderConfig & Parameters<typeof ropeSettings>[0];

/** A block of such a decoder, before a family changes it. */
export interface DecoderBlock extends Block {
  readonly mixer: Attention;
  readonly feedForward: GatedFeedForward;
}

export interface DecoderOptions {
  /** Share of each head that is rotated where the config does not say. @default 1 */
  readonly rotatedPart?: number;
  /** From the name of a norm's module. @default RMSNorm with `rms_norm_eps` */
  readonly norm?: (name: string) => Norm;
  /** Makes the family's block from the common one; `path` is `model.layers.<index>`. */
  readonly change?: (block: DecoderBlock, path: string, index: number) => Block;
}

/** Checks between keys, for the `superRefine` of a family's config. */
export function checkDecoder(config: WithRope, context: z.RefinementCtx, rotatedPart = 1): void {
  const report = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  const heads = config.num_attention_heads;
  const headDim = headDimOf(config);
  const kvHeads = config.num_key_value_heads ?? heads;
  const settings = ropeSettings(config, 10_000, rotatedPart);
  if (typeof settings === 'string') report('rope_parameters', settings);
  if (!Number.isInteger(headDim))
    report('num_attention_heads', `${heads} heads do not divide hidden_size ${config.hidden_size}`);
  else if (typeof settings !== 'string') {
    const problem = ropeProblem(settings, headDim);
    if (problem !== null) report('head_dim', problem);
  }
  if (heads % kvHeads !== 0)
    report('num_key_value_heads', `${kvHeads} key-value heads do not divide ${heads} heads`);
}

/** @param slidingWindow  keys that a query sees, itself included, of all layers or by layer; null for all */
export function describeDecoder(
  family: string,
  config: WithRope,
  slidingWindow: number | null | ((index: number) => number | null),
  options: DecoderOptions = {},
): Architecture {
  const { vocab_size: vocabSize, hidden_size: hiddenSize } = config;
  const embedding = 'model.embed_tokens.weight';
  const windowOf = typeof slidingWindow === 'function' ? slidingWindow : () => slidingWindow;
  const norm = options.norm ?? ((name: string) => rmsNorm(name, config.rms_norm_eps ?? 1e-6));
  const change = options.change ?? ((block: DecoderBlock) => block);
  return {
    family,
    vocabSize,
    hiddenSize,
    maxPositions: config.max_position_embeddings,
    embedding: plainEmbedding(embedding),
    blocks: Array.from({ length: config.num_hidden_layers }, (_, index) => {
      const path = `model.layers.${index}`;
      return change(decoderBlock(config, path, windowOf(index), norm, options.rotatedPart), path, index);
    }),
    finalNorm: norm('model.norm'),
    headProjection: null,
    head: headOf('lm_head', embedding, config.tie_word_embeddings, vocabSize, hiddenSize),
    logitSoftCap: null,
  };
}

function decoderBlock(
  config: WithRope,
  path: string,
  slidingWindow: number | null,
  norm: (name: string) => Norm,
  rotatedPart?: number,
): DecoderBlock {
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads } = config;
  const headDim = headDimOf(config);
  const kvHeads = config.num_key_value_heads ?? heads;
  const attention = (name: string, out: number, into: number) =>
    linear(`${path}.self_attn.${name}`, out, into, config.attention_bias);
  const feedForward = (name: string, out: number, into: number) =>
    linear(`${path}.mlp.${name}`, out, into, config.mlp_bias);
  return {
    mixerNorms: preNorm(norm(`${path}.input_layernorm`)),
    mixer: {
      ...plainAttention({ heads, kvHeads, headDim }),
      heads,
      kvHeads,
      headDim,
      q: attention('q_proj', heads * headDim, hidden),
      k: attention('k_proj', kvHeads * headDim, hidden),
      v: attention('v_proj', kvHeads * headDim, hidden),
      o: attention('o_proj', hidden, heads * headDim),
      position: rope(checkedSettings(config, rotatedPart), headDim, config.max_position_embeddings),
      slidingWindow,
    },
    feedForwardNorms: preNorm(norm(`${path}.post_attention_layernorm`)),
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

function checkedSettings(config: WithRope, rotatedPart?: number): RopeSettings {
  const settings = ropeSettings(config, 10_000, rotatedPart);
  if (typeof settings === 'string') throw new TypeError(`checkDecoder must run first: ${settings}`);
  return settings;
}

function headDimOf(config: DecoderConfig): number {
  return config.head_dim ?? config.hidden_size / config.num_attention_heads;
}

/** Biases on queries, keys and values but not on the output projection. */
export function withProjectionBiases(mixer: Attention): Attention {
  const biased = (name: 'q' | 'k' | 'v') => ({ ...mixer[name], bias: `${mixer[name].name}.bias` });
  return { ...mixer, q: biased('q'), k: biased('k'), v: biased('v') };
}
