/** Small random models of every dense family, from configs that switch each feature on. */
import { expectedTensors } from '../../../eval/checkpoint/expected-tensors.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { takeRows, type WeightSource } from '../../../eval/weights.ts';
import { noise, type TinyModel } from './tiny-models.ts';

const SIZES = {
  vocab_size: 67,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  max_position_embeddings: 64,
};
const DECODER = { ...SIZES, intermediate_size: 20, num_key_value_heads: 1 };
const FALCON = { ...SIZES, model_type: 'falcon' };
const PHI3 = { ...DECODER, model_type: 'phi3', original_max_position_embeddings: 16 };
const LONG = { type: 'longrope', short_factor: [1, 1.2, 1.5, 2], long_factor: [1.5, 3, 8, 20] };
const CHATGLM = {
  model_type: 'chatglm',
  padded_vocab_size: 67,
  hidden_size: 24,
  num_layers: 2,
  num_attention_heads: 4,
  ffn_hidden_size: 20,
  kv_channels: 8,
};

export const DESCRIBED: Readonly<Record<string, object>> = {
  'opt before': { ...SIZES, model_type: 'opt', ffn_dim: 20 },
  'opt after, with projections': {
    ...SIZES,
    model_type: 'opt',
    ffn_dim: 20,
    do_layer_norm_before: false,
    word_embed_proj_dim: 10,
    activation_function: 'gelu',
  },
  'opt with a wider embedding than model': {
    ...SIZES,
    model_type: 'opt',
    ffn_dim: 20,
    word_embed_proj_dim: 30,
    tie_word_embeddings: false,
    enable_bias: false,
  },
  'bloom of three heads': { ...SIZES, model_type: 'bloom' },
  'falcon with one key': { ...FALCON },
  'falcon grouped, two norms': {
    ...FALCON,
    num_attention_heads: 6,
    num_kv_heads: 3,
    new_decoder_architecture: true,
  },
  'falcon grouped, one norm': {
    ...FALCON,
    num_attention_heads: 4,
    num_kv_heads: 2,
    new_decoder_architecture: true,
    num_ln_in_parallel_attn: 1,
    bias: true,
  },
  'falcon with alibi': {
    ...FALCON,
    num_attention_heads: 12,
    alibi: true,
    multi_query: false,
    parallel_attn: false,
    bias: true,
  },
  'falcon with alibi and one key': { ...FALCON, alibi: true },
  gemma: { ...DECODER, model_type: 'gemma', head_dim: 16 },
  'gemma 2': {
    ...DECODER,
    model_type: 'gemma2',
    head_dim: 16,
    sliding_window: 5,
    query_pre_attn_scalar: 7,
    attn_logit_softcapping: 1.5,
    final_logit_softcapping: 2,
  },
  stablelm: { ...DECODER, model_type: 'stablelm', hidden_size: 48, use_qkv_bias: true },
  'stablelm parallel': { ...DECODER, model_type: 'stablelm', hidden_size: 48, use_parallel_residual: true },
  'chatglm with groups': {
    ...CHATGLM,
    multi_query_attention: true,
    multi_query_group_num: 2,
    add_qkv_bias: true,
    rope_ratio: 50,
  },
  'chatglm without groups': { ...CHATGLM, add_bias_linear: true },
  'gpt-neox': { ...SIZES, model_type: 'gpt_neox', hidden_size: 48, intermediate_size: 20 },
  'gpt-neox in sequence': {
    ...SIZES,
    model_type: 'gpt_neox',
    intermediate_size: 20,
    rotary_pct: 1,
    use_parallel_residual: false,
    attention_bias: false,
    hidden_act: 'gelu_new',
  },
  'qwen 2': {
    ...DECODER,
    model_type: 'qwen2',
    use_sliding_window: true,
    sliding_window: 4,
    max_window_layers: 1,
  },
  'qwen 3': { ...DECODER, model_type: 'qwen3', head_dim: 10, attention_bias: true },
  'phi-3, short and long texts': { ...PHI3, rope_scaling: LONG },
  'phi-3 in part': { ...PHI3, partial_rotary_factor: 0.5, sliding_window: 6 },
  'llama with yarn': {
    ...DECODER,
    model_type: 'llama',
    head_dim: 16,
    rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 16 },
  },
};

/** Random weights, large enough that attention is far from uniform. */
export function describedModel(name: keyof typeof DESCRIBED, seed = 1): Omit<TinyModel, 'config'> {
  const architecture = describeModel(DESCRIBED[name], name);
  const shapes = expectedTensors(architecture);
  const next = noise(seed);
  const tensors = new Map<string, Float32Array>();
  for (const [tensor, shape] of shapes) {
    const scale = shape.length === 1 ? 0.5 : 2 / Math.sqrt(shape[1]!);
    const offset = shape.length === 1 && !tensor.endsWith('bias') ? 1 : 0;
    const length = shape.reduce((product, size) => product * size, 1);
    tensors.set(
      tensor,
      Float32Array.from({ length }, () => offset + scale * next()),
    );
  }
  const get = (tensor: string) => tensors.get(tensor)!;
  const width = (tensor: string) => shapes.get(tensor)![1]!;
  const weights: WeightSource = {
    linear: async ({ tensor, rows, outFeatures, inFeatures }) =>
      takeRows(get(tensor), rows, outFeatures, inFeatures),
    tensor: async (tensor) => get(tensor),
    slice: async (tensor, from, to) => get(tensor).subarray(from * width(tensor), to * width(tensor)),
    rows: async (tensor, ids) => {
      const columns = width(tensor);
      const gathered = new Float32Array(ids.length * columns);
      ids.forEach((id, i) => {
        gathered.set(get(tensor).subarray(id * columns, (id + 1) * columns), i * columns);
      });
      return gathered;
    },
  };
  return { architecture, tensors, weights };
}
