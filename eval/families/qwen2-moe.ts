/** Qwen2-MoE (Qwen1.5-MoE, Qwen2-57B-A14B): fine-grained experts and one that every token goes to. Source: arXiv:2407.10671, section 2.2.2. */
import { z } from 'zod';
import type { FeedForward } from './architecture.ts';
import { defineFamily } from './family.ts';
import { linear } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder, withProjectionBiases } from './parts/decoder.ts';
import { checkExperts, expertCount, expertsFeedForward, gatedFeedForward } from './parts/experts.ts';
import { dimension } from './parts/keys.ts';
import { checkLayerTypes, isWindowed, layerTypesKey } from './parts/layer-types.ts';

const { attention_bias: _a, mlp_bias: _m, ...shared } = decoderKeys;

// The defaults are those of transformers' Qwen2MoeConfig.
const config = z
  .object({
    ...shared,
    max_position_embeddings: dimension.default(32_768),
    num_key_value_heads: dimension.nullable().default(16),
    qkv_bias: z.boolean().default(true),
    moe_intermediate_size: dimension.default(1408),
    shared_expert_intermediate_size: dimension.default(5632),
    num_experts: expertCount.default(60),
    num_experts_per_tok: expertCount.default(4),
    norm_topk_prob: z.boolean().default(false),
    decoder_sparse_step: z.int().positive().default(1),
    mlp_only_layers: z.array(z.int().nonnegative()).max(4096).nullish(),
    use_sliding_window: z.boolean().default(false),
    sliding_window: z.int().nonnegative().nullish(),
    max_window_layers: z.int().nonnegative().default(28),
    layer_types: layerTypesKey,
  })
  .transform((parsed) => ({ ...parsed, attention_bias: false, mlp_bias: false }))
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkLayerTypes(parsed.layer_types, parsed.num_hidden_layers, context);
    checkExperts(parsed.num_experts_per_tok, parsed.num_experts, context);
    if (parsed.use_sliding_window && !parsed.sliding_window) {
      const message = 'use_sliding_window needs a window';
      context.addIssue({ code: 'custom', path: ['sliding_window'], message });
    }
  });

type Config = z.infer<typeof config>;

export const qwen2Moe = defineFamily({
  id: 'qwen2_moe',
  title: 'Qwen2-MoE',
  architectureClass: 'Qwen2MoeForCausalLM',
  config,
  describe: (parsed) =>
    describeDecoder('qwen2_moe', parsed, (index) => windowOf(parsed, index), {
      change: (block, path, index) => ({
        ...block,
        mixer: parsed.qkv_bias ? withProjectionBiases(block.mixer) : block.mixer,
        feedForward: isSparse(parsed, index) ? experts(parsed, `${path}.mlp`) : block.feedForward,
      }),
    }),
});

/** The others keep the feed-forward of every decoder. */
function isSparse({ decoder_sparse_step: step, mlp_only_layers: dense }: Config, index: number): boolean {
  return (index + 1) % step === 0 && !dense?.includes(index);
}

function experts(parsed: Config, path: string): FeedForward {
  const { hidden_size: hidden, shared_expert_intermediate_size: inner } = parsed;
  const size = { hidden, inner: parsed.moe_intermediate_size };
  return expertsFeedForward(path, size, parsed.num_experts, {
    perToken: parsed.num_experts_per_tok,
    renormalize: parsed.norm_topk_prob,
    shared: {
      feedForward: gatedFeedForward(`${path}.shared_expert`, { hidden, inner }),
      gate: linear(`${path}.shared_expert_gate`, 1, hidden, false),
    },
  });
}

/** Where the config does not list its layers, every other one of the first ones has a window. */
function windowOf(parsed: Config, index: number): number | null {
  const { layer_types: types, max_window_layers: first } = parsed;
  const isSliding = isWindowed(types, index, (layer) => layer % 2 === 0 && layer < first);
  return parsed.use_sliding_window && isSliding ? (parsed.sliding_window ?? null) : null;
}
