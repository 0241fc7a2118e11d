/** OLMoE: many small experts, queries and keys normalized over all heads. Source: Muennighoff et al. 2024, arXiv:2409.02060. */
import { z } from 'zod';
import { defineFamily } from './family.ts';
import { rmsNorm } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { checkExperts, expertCount, expertsFeedForward } from './parts/experts.ts';
import { dimension, epsilon } from './parts/keys.ts';

// The defaults are those of transformers' OlmoeConfig.
const config = z
  .object({
    ...decoderKeys,
    head_dim: z.null('OLMoE reads no head_dim').optional(),
    max_position_embeddings: dimension.default(4096),
    rms_norm_eps: epsilon.default(1e-5),
    clip_qkv: z.null('clipping of queries, keys and values is not supported').optional(),
    mlp_bias: z.literal(false, 'OLMoE has no biases in its experts').default(false),
    num_experts: expertCount.default(64),
    num_experts_per_tok: expertCount.default(8),
    norm_topk_prob: z.boolean().default(false),
  })
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkExperts(parsed.num_experts_per_tok, parsed.num_experts, context);
  });

export const olmoe = defineFamily({
  id: 'olmoe',
  title: 'OLMoE',
  architectureClass: 'OlmoeForCausalLM',
  config,
  describe(parsed) {
    const size = { hidden: parsed.hidden_size, inner: parsed.intermediate_size };
    const rule = { perToken: parsed.num_experts_per_tok, renormalize: parsed.norm_topk_prob };
    const norm = (name: string) => rmsNorm(name, parsed.rms_norm_eps);
    return describeDecoder('olmoe', parsed, null, {
      change: (block, path) => ({
        ...block,
        mixer: {
          ...block.mixer,
          queryKeyNorm: {
            q: norm(`${path}.self_attn.q_norm`),
            k: norm(`${path}.self_attn.k_norm`),
            over: 'all',
          },
        },
        feedForward: expertsFeedForward(`${path}.mlp`, size, parsed.num_experts, rule),
      }),
    });
  },
});
