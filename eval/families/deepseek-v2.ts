/** DeepSeek-V2: latent attention, fine-grained experts beside shared ones. Source: DeepSeek-AI 2024, arXiv:2405.04434. */
import { z } from 'zod';
import type { ExpertsFeedForward, FeedForward, LatentAttention } from './architecture.ts';
import { defineFamily } from './family.ts';
import { linear, rmsNorm } from './parts/blocks.ts';
import { checkDecoder, decoderKeys, describeDecoder } from './parts/decoder.ts';
import { checkExperts, expertCount, expertsFeedForward, gatedFeedForward } from './parts/experts.ts';
import { dimension } from './parts/keys.ts';
import { rope, ropeSettings } from './parts/rope.ts';
import { yarnMagnitude } from './parts/rope-rules.ts';

const DEFAULT_THETA = 10_000;
/** The norms of the latents are made without the config's ε. */
const LATENT_EPS = 1e-6;

// The defaults are those of transformers' DeepseekV2Config.
const config = z
  .object({
    ...decoderKeys,
    /** Written by transformers: the part of a head that is rotated. */
    head_dim: dimension.nullish(),
    mlp_bias: z.literal(false, 'biases in feed-forwards are not supported').default(false),
    q_lora_rank: dimension.nullable().default(1536),
    kv_lora_rank: dimension.default(512),
    qk_nope_head_dim: dimension.default(128),
    qk_rope_head_dim: dimension.default(64),
    v_head_dim: dimension.default(128),
    first_k_dense_replace: z.int().nonnegative().default(0),
    moe_layer_freq: z.literal(1, 'only experts in every layer are supported').optional(),
    moe_intermediate_size: dimension.default(1407),
    n_routed_experts: expertCount.default(64),
    n_shared_experts: expertCount.nullable().default(2),
    num_experts_per_tok: expertCount,
    topk_method: z.enum(['greedy', 'group_limited_greedy']).default('greedy'),
    n_group: expertCount.nullish(),
    topk_group: expertCount.nullish(),
    scoring_func: z.literal('softmax', 'only "softmax" is supported').optional(),
    norm_topk_prob: z
      .literal(false, 'the published code and transformers disagree about true')
      .nullable()
      .default(false),
    routed_scaling_factor: z.number().positive().default(1),
  })
  .transform((parsed) => ({ ...parsed, head_dim: parsed.qk_rope_head_dim }))
  .superRefine((parsed, context) => {
    checkDecoder(parsed, context);
    checkExperts(parsed.num_experts_per_tok, parsed.n_routed_experts, context);
    const { num_attention_heads: heads, num_key_value_heads: kvHeads } = parsed;
    const report = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((kvHeads ?? heads) !== heads)
      report('num_key_value_heads', `${kvHeads} are not as many as the ${heads} heads`);
    const groups = groupProblem(parsed);
    if (groups !== null) report(...groups);
  });

type Config = z.infer<typeof config>;

export const deepseekV2 = defineFamily({
  id: 'deepseek_v2',
  title: 'DeepSeek-V2',
  architectureClass: 'DeepseekV2ForCausalLM',
  remoteClasses: ['DeepseekV2ForCausalLM'],
  config,
  describe: (parsed) =>
    describeDecoder('deepseek_v2', parsed, null, {
      change: (block, path, index) => ({
        ...block,
        mixer: attention(parsed, `${path}.self_attn`),
        feedForward:
          index < parsed.first_k_dense_replace ? block.feedForward : experts(parsed, `${path}.mlp`),
      }),
    }),
});

/** Where and why experts cannot be chosen by groups as the config says. */
function groupProblem(parsed: Config): [path: string, message: string] | null {
  if (parsed.topk_method === 'greedy') return null;
  const {
    n_routed_experts: experts,
    n_group: count,
    topk_group: open,
    num_experts_per_tok: perToken,
  } = parsed;
  if (!count || !open) return ['n_group', 'group_limited_greedy needs n_group and topk_group'];
  if (experts % count !== 0) return ['n_group', `${count} groups do not divide ${experts} experts`];
  if (open > count) return ['topk_group', `${open} groups are more than the ${count} that there are`];
  const reachable = (open * experts) / count;
  return perToken <= reachable
    ? null
    : ['num_experts_per_tok', `${perToken} are more than the ${reachable} experts of ${open} groups`];
}

function attention(parsed: Config, path: string): LatentAttention {
  const { hidden_size: hidden, num_attention_heads: heads, q_lora_rank: queryRank } = parsed;
  const { qk_nope_head_dim: plainDim, qk_rope_head_dim: rotaryDim, v_head_dim: valueDim } = parsed;
  const { attention_bias: bias, kv_lora_rank: latentSize } = parsed;
  const keyDim = plainDim + rotaryDim;
  const settings = ropeSettings(parsed, DEFAULT_THETA);
  if (typeof settings === 'string') throw new TypeError(`the config must be checked first: ${settings}`);
  const { scaling } = settings;
  // With YaRN all scores are sharpened, not only what the rotated part adds to them.
  const sharpness =
    scaling.rope_type === 'yarn' && scaling.mscale_all_dim
      ? yarnMagnitude(scaling.factor, scaling.mscale_all_dim)
      : 1;
  return {
    ...{ kind: 'latent-attention', heads, plainDim, rotaryDim, valueDim, latentSize },
    query:
      queryRank === null
        ? { kind: 'full', q: linear(`${path}.q_proj`, heads * keyDim, hidden, false) }
        : {
            kind: 'latent',
            down: linear(`${path}.q_a_proj`, queryRank, hidden, bias),
            norm: rmsNorm(`${path}.q_a_layernorm`, LATENT_EPS),
            up: linear(`${path}.q_b_proj`, heads * keyDim, queryRank, false),
          },
    kvDown: linear(`${path}.kv_a_proj_with_mqa`, latentSize + rotaryDim, hidden, bias),
    kvNorm: rmsNorm(`${path}.kv_a_layernorm`, LATENT_EPS),
    kvUp: linear(`${path}.kv_b_proj`, heads * (plainDim + valueDim), latentSize, false),
    o: linear(`${path}.o_proj`, hidden, heads * valueDim, bias),
    position: rope(settings, rotaryDim, parsed.max_position_embeddings, 'interleaved'),
    scale: sharpness ** 2 / Math.sqrt(keyDim),
    softCap: null,
    slidingWindow: null,
  };
}

function experts(parsed: Config, path: string): FeedForward {
  const { hidden_size: hidden, moe_intermediate_size: inner, n_shared_experts: sharedCount } = parsed;
  const shared: ExpertsFeedForward['shared'] =
    sharedCount === null
      ? null
      : {
          feedForward: gatedFeedForward(`${path}.shared_experts`, { hidden, inner: inner * sharedCount }),
          gate: null,
        };
  const groups =
    parsed.topk_method === 'greedy' ? null : { count: parsed.n_group!, perToken: parsed.topk_group! };
  return expertsFeedForward(path, { hidden, inner }, parsed.n_routed_experts, {
    ...{ perToken: parsed.num_experts_per_tok, renormalize: false, groups, shared },
    factor: parsed.routed_scaling_factor,
  });
}
