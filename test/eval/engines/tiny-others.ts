/** Small random models of the families with experts, latent attention and selective scan. */
import { expectedTensors } from '../../../eval/checkpoint/expected-tensors.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { slowExpertLogits } from './slow-experts.ts';
import type { Matrix, Tensors } from './slow-forward.ts';
import { slowMambaLogits } from './slow-mamba.ts';
import { memoryWeights, noise } from './tiny-models.ts';

const DECODER = {
  vocab_size: 97,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  num_key_value_heads: 3,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
};
const MIXTRAL = {
  ...DECODER,
  model_type: 'mixtral',
  intermediate_size: 28,
  num_local_experts: 4,
  num_experts_per_tok: 2,
};
const QWEN = {
  ...DECODER,
  model_type: 'qwen2_moe',
  intermediate_size: 36,
  moe_intermediate_size: 20,
  shared_expert_intermediate_size: 28,
  num_experts: 6,
  num_experts_per_tok: 2,
  norm_topk_prob: false,
  decoder_sparse_step: 1,
  mlp_only_layers: [],
};
const DEEPSEEK = {
  ...DECODER,
  model_type: 'deepseek_v2',
  intermediate_size: 32,
  moe_intermediate_size: 12,
  n_routed_experts: 4,
  n_shared_experts: 1,
  num_experts_per_tok: 2,
  first_k_dense_replace: 1,
  routed_scaling_factor: 1,
  q_lora_rank: null,
  kv_lora_rank: 14,
  qk_nope_head_dim: 8,
  qk_rope_head_dim: 4,
  v_head_dim: 6,
};
const YARN = {
  type: 'yarn',
  factor: 4,
  original_max_position_embeddings: 64,
  beta_fast: 8,
  beta_slow: 1,
  mscale: 0.7,
  mscale_all_dim: 0.9,
};
const GROUPS = { topk_method: 'group_limited_greedy', n_group: 3, topk_group: 2 };
const MAMBA = {
  model_type: 'mamba',
  vocab_size: 97,
  hidden_size: 24,
  num_hidden_layers: 2,
  expand: 2,
  state_size: 16,
  conv_kernel: 4,
  time_step_rank: 2,
  layer_norm_epsilon: 1e-5,
  tie_word_embeddings: true,
  max_position_embeddings: 256,
};

export const OTHERS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'mixtral, one kv head': { ...MIXTRAL, num_key_value_heads: 1 },
  'mixtral, three of five experts, a window': {
    ...MIXTRAL,
    num_local_experts: 5,
    num_experts_per_tok: 3,
    sliding_window: 7,
  },
  'qwen2-moe, biases and a shared expert': QWEN,
  'qwen2-moe, dense layers between, renormalized': {
    ...{ ...QWEN, num_hidden_layers: 3, decoder_sparse_step: 2, norm_topk_prob: true, qkv_bias: false },
    ...{ use_sliding_window: true, sliding_window: 5, max_window_layers: 2 },
  },
  'olmoe, norms over all heads': {
    ...DECODER,
    model_type: 'olmoe',
    intermediate_size: 20,
    num_experts: 5,
    num_experts_per_tok: 2,
    norm_topk_prob: false,
  },
  'deepseek-v2, full queries': DEEPSEEK,
  'deepseek-v2, latent queries, groups': {
    ...{
      ...DEEPSEEK,
      ...GROUPS,
      q_lora_rank: 10,
      n_routed_experts: 6,
      n_shared_experts: 2,
      num_experts_per_tok: 3,
    },
    ...{ routed_scaling_factor: 2.5, attention_bias: true },
  },
  'deepseek-v2, yarn': { ...DEEPSEEK, qk_rope_head_dim: 8, rope_scaling: YARN },
  'mamba, tied': MAMBA,
  'mamba, biases': {
    ...{ ...MAMBA, state_size: 5, conv_kernel: 3, time_step_rank: 5, use_bias: true, use_conv_bias: false },
    tie_word_embeddings: false,
  },
  'mamba, no convolution to speak of': { ...MAMBA, expand: 3, conv_kernel: 1, state_size: 7 },
};

export interface OtherModel {
  readonly config: object;
  readonly tensors: Tensors;
  readonly architecture: Architecture;
  readonly weights: WeightSource;
  slowLogits(tokens: readonly number[]): Matrix;
}

export function otherModel(name: string): OtherModel {
  const config = OTHERS[name]!;
  const architecture = describeModel(config, name);
  const tensors = randomTensors(architecture);
  const slow = config['model_type'] === 'mamba' ? slowMambaLogits : slowExpertLogits;
  return {
    config,
    tensors,
    architecture,
    weights: memoryWeights(tensors, architecture.hiddenSize),
    slowLogits: (tokens) => slow(config, tensors, tokens),
  };
}

/** Large enough that attention, routing and decay are far from uniform. */
function randomTensors(architecture: Architecture): Map<string, Float32Array> {
  const next = noise(7);
  const tensors = new Map<string, Float32Array>();
  for (const [name, shape] of expectedTensors(architecture)) {
    const [offset, scale] = /norm/.test(name)
      ? [1, 0.3]
      : shape.length === 1 || name.endsWith('A_log')
        ? [0, 0.6]
        : [0, 2 / Math.sqrt(shape.at(-1)!)];
    const size = shape.reduce((product, one) => product * one, 1);
    tensors.set(
      name,
      Float32Array.from({ length: size }, () => offset + scale * next()),
    );
  }
  return tensors;
}
