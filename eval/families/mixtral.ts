/** Mixtral: the Mistral decoder with experts in place of each feed-forward. Source: Jiang et al. 2024, arXiv:2401.04088. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { checkExperts, expertCount, expertsFeedForward } from './parts/experts.ts';
import { dimension, epsilon } from './parts/keys.ts';

const DEFAULT_THETA = 1_000_000;
const NAMES = { gate: 'w1', up: 'w3', down: 'w2' };

// The defaults are those of transformers' MixtralConfig.
const config = z
  .object({
    ...decoderKeys,
    num_key_value_heads: decoderKeys.num_key_value_heads.default(8),
    max_position_embeddings: dimension.default(4096 * 32),
    rms_norm_eps: epsilon.default(1e-5),
    sliding_window: z.int().positive().nullable().default(null),
    attention_bias: z.literal(false, 'Mixtral has no biases').default(false),
    mlp_bias: z.literal(false, 'Mixtral has no biases').default(false),
    num_local_experts: expertCount.default(8),
    num_experts_per_tok: expertCount.default(2),
  })
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkExperts(parsed.num_experts_per_tok, parsed.num_local_experts, context);
  });

export const mixtral = defineFamily({
  id: 'mixtral',
  title: 'Mixtral',
  architectureClass: 'MixtralForCausalLM',
  config,
  describe(parsed) {
    const theta = parsed.rope_theta ?? parsed.rope_parameters?.rope_theta ?? DEFAULT_THETA;
    const size = { hidden: parsed.hidden_size, inner: parsed.intermediate_size };
    const rule = { perToken: parsed.num_experts_per_tok, renormalize: true };
    const experts = (path: string) =>
      expertsFeedForward(`${path}.block_sparse_moe`, size, parsed.num_local_experts, rule, NAMES);
    return describeDecoder('mixtral', { ...parsed, rope_theta: theta }, parsed.sliding_window, {
      change: (block, path) => ({ ...block, feedForward: experts(path) }),
    });
  },
});
