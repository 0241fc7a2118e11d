/** Mamba: selective scans and nothing else. Source: Gu and Dao 2023, arXiv:2312.00752. */
import { z } from 'zod';
import type { Block, SelectiveScan } from './architecture.ts';
import { defineFamily } from './family.ts';
import { headOf, linear, plainEmbedding, preNorm, rmsNorm } from './parts/blocks.ts';
import { dimension, epsilon, layerCount } from './parts/keys.ts';

/** The config has no limit of its own; this is what the published models were trained on (appendix E.2). */
const TRAINED_POSITIONS = 2048;

// The defaults are those of transformers' MambaConfig.
const config = z.object({
  vocab_size: dimension.default(50280),
  hidden_size: dimension.default(768),
  /** Written by transformers, which reads `expand` where it is absent. */
  intermediate_size: dimension.optional(),
  expand: z.number().positive().max(1024).default(2),
  state_size: dimension.max(4096).default(16),
  conv_kernel: z.int().positive().max(64).default(4),
  num_hidden_layers: layerCount.default(32),
  time_step_rank: z.union([dimension, z.literal('auto')]).default('auto'),
  use_bias: z.boolean().default(false),
  use_conv_bias: z.boolean().default(true),
  hidden_act: z.literal('silu', 'only "silu" is supported').default('silu'),
  layer_norm_epsilon: epsilon.default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
  max_position_embeddings: dimension.default(TRAINED_POSITIONS),
});

type Config = z.infer<typeof config>;

export const mamba = defineFamily({
  id: 'mamba',
  title: 'Mamba',
  architectureClass: 'MambaForCausalLM',
  config,
  describe(parsed) {
    const { vocab_size: vocabSize, hidden_size: hiddenSize } = parsed;
    const embedding = 'backbone.embeddings.weight';
    return {
      family: 'mamba',
      vocabSize,
      hiddenSize,
      maxPositions: parsed.max_position_embeddings,
      embedding: plainEmbedding(embedding),
      blocks: Array.from({ length: parsed.num_hidden_layers }, (_, index) => block(parsed, index)),
      finalNorm: rmsNorm('backbone.norm_f', parsed.layer_norm_epsilon),
      headProjection: null,
      head: headOf('lm_head', embedding, parsed.tie_word_embeddings, vocabSize, hiddenSize),
      logitSoftCap: null,
    };
  },
});

function block(parsed: Config, index: number): Block {
  const path = `backbone.layers.${index}`;
  return {
    mixerNorms: preNorm(rmsNorm(`${path}.norm`, parsed.layer_norm_epsilon)),
    mixer: scan(parsed, `${path}.mixer`),
    feedForwardNorms: preNorm(null),
    feedForward: null,
    arrangement: 'sequential',
  };
}

function scan(parsed: Config, path: string): SelectiveScan {
  const { hidden_size: hidden, state_size: stateSize, time_step_rank: asked } = parsed;
  const innerSize = parsed.intermediate_size ?? Math.trunc(parsed.expand * hidden);
  const rank = asked === 'auto' ? Math.ceil(hidden / 16) : asked;
  return {
    kind: 'selective-scan',
    innerSize,
    stateSize,
    rank,
    convolution: {
      tensor: `${path}.conv1d.weight`,
      bias: parsed.use_conv_bias ? `${path}.conv1d.bias` : null,
      width: parsed.conv_kernel,
    },
    input: linear(`${path}.in_proj`, 2 * innerSize, hidden, parsed.use_bias),
    parameters: linear(`${path}.x_proj`, rank + 2 * stateSize, innerSize, false),
    step: linear(`${path}.dt_proj`, innerSize, rank, true),
    output: linear(`${path}.out_proj`, hidden, innerSize, parsed.use_bias),
    logDecay: `${path}.A_log`,
    skip: `${path}.D`,
  };
}
