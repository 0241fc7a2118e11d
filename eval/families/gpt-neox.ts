/** GPT-NeoX and Pythia: partial rotation, two norms in parallel. Source: Black et al. 2022, arXiv:2204.06745, section 2. */
import { z } from 'zod';
import type { Block } from './architecture.ts';
import { defineFamily } from './family.ts';
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
import { partialRopeKeys, rope, ropeProblem, ropeSettings } from './parts/rope.ts';

const OLDER_KEYS = { rotary_pct: 'partial_rotary_factor', rotary_emb_base: 'rope_theta' };
const ROTATED_PART = 0.25;

const shape = z.object({
  vocab_size: dimension,
  hidden_size: dimension,
  num_hidden_layers: layerCount,
  num_attention_heads: dimension,
  intermediate_size: dimension,
  hidden_act: activationKey('gelu'),
  max_position_embeddings: dimension.default(2048),
  layer_norm_eps: epsilon.default(1e-5),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
  ...partialRopeKeys,
});

type NeoxConfig = z.infer<typeof shape>;

export const gptNeox = defineFamily({
  id: 'gpt_neox',
  title: 'GPT-NeoX',
  architectureClass: 'GPTNeoXForCausalLM',
  config: z.preprocess(renameKeys(OLDER_KEYS), shape.superRefine(check)),
  describe(parsed) {
    const { vocab_size: vocabSize, hidden_size: hiddenSize } = parsed;
    const embedding = 'gpt_neox.embed_in.weight';
    return {
      family: 'gpt_neox',
      vocabSize,
      hiddenSize,
      maxPositions: parsed.max_position_embeddings,
      embedding: plainEmbedding(embedding),
      blocks: Array.from({ length: parsed.num_hidden_layers }, (_, index) => block(parsed, index)),
      finalNorm: layerNorm('gpt_neox.final_layer_norm', parsed.layer_norm_eps),
      headProjection: null,
      head: headOf('embed_out', embedding, parsed.tie_word_embeddings, vocabSize, hiddenSize),
      logitSoftCap: null,
    };
  },
});

function check(parsed: NeoxConfig, context: z.RefinementCtx): void {
  const { hidden_size: hidden, num_attention_heads: heads } = parsed;
  checkHeads(hidden, heads, context);
  const settings = ropeSettings(parsed, 10_000, ROTATED_PART);
  const problem =
    typeof settings === 'string' || hidden % heads !== 0 ? null : ropeProblem(settings, hidden / heads);
  const message = typeof settings === 'string' ? settings : problem;
  if (message !== null) context.addIssue({ code: 'custom', path: ['rope_parameters'], message });
}

function block(parsed: NeoxConfig, index: number): Block {
  const { hidden_size: hidden, num_attention_heads: heads, intermediate_size: inner } = parsed;
  const { layer_norm_eps: eps, attention_bias: bias } = parsed;
  const path = `gpt_neox.layers.${index}`;
  const counts = { heads, kvHeads: heads, headDim: hidden / heads };
  const settings = ropeSettings(parsed, 10_000, ROTATED_PART);
  if (typeof settings === 'string') throw new TypeError(`check must run first: ${settings}`);
  return {
    mixerNorms: preNorm(layerNorm(`${path}.input_layernorm`, eps)),
    mixer: {
      ...plainAttention(counts),
      ...counts,
      ...interleavedProjections(`${path}.attention.query_key_value`, counts, hidden, bias),
      o: linear(`${path}.attention.dense`, hidden, hidden, bias),
      position: rope(settings, counts.headDim, parsed.max_position_embeddings),
    },
    feedForwardNorms: preNorm(layerNorm(`${path}.post_attention_layernorm`, eps)),
    feedForward: {
      kind: 'mlp',
      activation: parsed.hidden_act,
      up: linear(`${path}.mlp.dense_h_to_4h`, inner, hidden, true),
      down: linear(`${path}.mlp.dense_4h_to_h`, hidden, inner, true),
    },
    arrangement: parsed.use_parallel_residual ? 'parallel' : 'sequential',
  };
}
