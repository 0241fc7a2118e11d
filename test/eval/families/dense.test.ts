/** What the dense families read from their configs, and what they refuse. */
import { describe, expect, test } from 'vitest';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { alibiSlopes, roundToBfloat16 } from '../../../eval/families/parts/alibi.ts';
import { attentionOf, gatedOf, ropeOf } from './parts-of.ts';

const SIZES = {
  vocab_size: 100,
  hidden_size: 24,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 3,
};
const DECODER = { ...SIZES, num_key_value_heads: 3 };
const BASES: Readonly<Record<string, object>> = {
  opt: { ...SIZES, ffn_dim: 32 },
  bloom: SIZES,
  falcon: SIZES,
  gemma: { ...DECODER, head_dim: 8 },
  gemma2: { ...DECODER, head_dim: 8 },
  stablelm: { ...DECODER, hidden_size: 48 },
  gpt_neox: { ...SIZES, hidden_size: 48 },
  qwen2: DECODER,
  qwen3: { ...DECODER, head_dim: 8 },
  phi3: DECODER,
  chatglm: {
    padded_vocab_size: 100,
    hidden_size: 24,
    num_layers: 2,
    num_attention_heads: 3,
    ffn_hidden_size: 32,
    kv_channels: 8,
  },
};
const model = (family: string, changes: object = {}): Architecture =>
  describeModel({ ...BASES[family], model_type: family, ...changes }, 'test');
const mixer = (family: string, changes: object = {}, layer = 0) =>
  attentionOf(model(family, changes).blocks[layer]!);
const windows = (family: string, changes: object) =>
  model(family, changes).blocks.map((block) => attentionOf(block).slidingWindow);

describe('slopes of linear biases', () => {
  test('of a power of two and of other counts', () => {
    expect(alibiSlopes(8)).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]);
    // The first of two heads, then every other one of four.
    expect(alibiSlopes(3)).toEqual([1 / 16, 1 / 256, 1 / 4]);
    expect(alibiSlopes(1)).toEqual([1 / 256]);
  });

  test('in bfloat16, ties to even', () => {
    expect([1, 1 + 1 / 256, 1 + 3 / 256, Math.SQRT1_2].map(roundToBfloat16)).toEqual([
      1,
      1,
      1 + 1 / 64,
      0.70703125,
    ]);
  });
});

test('fused tensors give each linear its rows', () => {
  const rows = ({ q, k, v }: ReturnType<typeof mixer>) => [q, k, v].map((linear) => linear.rows);
  // Of each head its query, key and value.
  const perHead = [0, 8, 16].map((first) => ({ first, size: 8, stride: 24 }));
  expect(rows(mixer('bloom'))).toEqual(perHead);
  // Three queries, one key, one value.
  expect(rows(mixer('falcon'))).toEqual([
    { first: 0, size: 24, stride: 40 },
    { first: 24, size: 8, stride: 40 },
    { first: 32, size: 8, stride: 40 },
  ]);
  const stacked = [0, 24, 48].map((first) => ({ first, size: 24, stride: 24 }));
  expect(rows(mixer('phi3'))).toEqual(stacked);
  expect(rows(mixer('chatglm'))).toEqual(perHead);
  const grouped = { multi_query_attention: true, multi_query_group_num: 1 };
  expect(rows(mixer('chatglm', grouped))).toEqual([
    { first: 0, size: 24, stride: 24 },
    { first: 24, size: 8, stride: 8 },
    { first: 32, size: 8, stride: 8 },
  ]);
  const { gate, up } = gatedOf(model('phi3').blocks[0]!);
  expect([gate.rows?.first, up.rows?.first]).toEqual([0, 32]);
});

test('windows by layer', () => {
  expect(windows('qwen2', { max_window_layers: 1 })).toEqual([null, null]);
  expect(windows('qwen2', { use_sliding_window: true, max_window_layers: 1 })).toEqual([null, 4096]);
  const listed = { layer_types: ['sliding_attention', 'full_attention'] };
  expect(windows('qwen3', { use_sliding_window: true, sliding_window: 9, ...listed })).toEqual([9, null]);
  expect(windows('gemma2', { sliding_window: 5 })).toEqual([5, null]);
  expect(windows('gemma2', { layer_types: listed.layer_types.toReversed() })).toEqual([null, 4096]);
  expect(windows('phi3', { sliding_window: 7 })).toEqual([7, 7]);
});

test('how much of a head turns, and by which base', () => {
  const first = (family: string, changes: object = {}) => ropeOf(model(family, changes)).inverseFrequencies;
  expect(first('stablelm')).toHaveLength(2);
  expect(first('gpt_neox', { rotary_pct: 0.5, rotary_emb_base: 16 })).toEqual(
    [1, 0.5, 0.25, 0.125].map((value) => expect.closeTo(value, 12)),
  );
  expect(
    first('gpt_neox', { rope_parameters: { rope_theta: 16, partial_rotary_factor: 0.25 } })[1],
  ).toBeCloseTo(0.25);
  expect(first('chatglm', { rope_ratio: 0.0016 })).toEqual([1, expect.closeTo(0.25, 12)]);
  expect(ropeOf(model('chatglm')).layout).toBe('interleaved');
  expect(first('phi3', { partial_rotary_factor: 0.75 })).toHaveLength(3);
});

test('the first configs of Phi-3 call LongRoPE "su", and the length before stretching stands outside', () => {
  const rule = { type: 'su', short_factor: [1, 1, 1, 1], long_factor: [2, 2, 2, 2] };
  const { long } = ropeOf(model('phi3', { rope_scaling: rule, original_max_position_embeddings: 1024 }));
  expect(long).toMatchObject({ beyond: 1024, attentionFactor: Math.sqrt(1.2) });
});

test('Falcon: norms of its three forms', () => {
  const norms = (changes: object) => {
    const { mixerNorms, feedForwardNorms, arrangement } = model('falcon', changes).blocks[0]!;
    const names = [mixerNorms, feedForwardNorms].map(
      ({ before }) => before?.tensor.split('.').at(-2) ?? null,
    );
    return [arrangement, ...names];
  };
  expect(norms({})).toEqual(['parallel', 'input_layernorm', null]);
  expect(norms({ new_decoder_architecture: true, num_kv_heads: 3 })).toEqual([
    'parallel',
    'ln_attn',
    'ln_mlp',
  ]);
  expect(norms({ parallel_attn: false })).toEqual([
    'sequential',
    'input_layernorm',
    'post_attention_layernorm',
  ]);
});

test('code that comes with a checkpoint is not run, and not minded where its class is known', () => {
  const architectures = ['ChatGLMModel'];
  const code = { AutoModelForCausalLM: 'THUDM/x--modeling_chatglm.ChatGLMForConditionalGeneration' };
  expect(model('chatglm', { architectures, auto_map: code }).family).toBe('chatglm');
  expect(() => model('chatglm', { auto_map: { AutoModelForCausalLM: 'm.MyGLM' } })).toThrow(/"MyGLM"/);
});

describe('a config is refused', () => {
  test.for<[string, string, object, string]>([
    [
      'opt',
      'norms without weights',
      { layer_norm_elementwise_affine: false },
      'layer_norm_elementwise_affine',
    ],
    ['opt', 'heads that do not divide', { num_attention_heads: 5 }, 'num_attention_heads'],
    ['opt', 'an unknown activation', { activation_function: 'tanh' }, 'activation_function'],
    [
      'bloom',
      'a residual after the norm',
      { apply_residual_connection_post_layernorm: true },
      'apply_residual_connection_post_layernorm',
    ],
    ['bloom', 'no size at all', { hidden_size: undefined }, 'hidden_size'],
    ['falcon', 'two norms in the old form', { num_ln_in_parallel_attn: 2 }, 'num_ln_in_parallel_attn'],
    [
      'falcon',
      'the new form in sequence',
      { new_decoder_architecture: true, parallel_attn: false },
      'parallel_attn',
    ],
    [
      'falcon',
      'groups that do not divide',
      { new_decoder_architecture: true, num_kv_heads: 2 },
      'num_kv_heads',
    ],
    ['falcon', 'heads that are odd', { hidden_size: 21 }, 'num_attention_heads'],
    ['gemma', 'attention both ways', { use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    ['gemma2', 'a list of layers that is too short', { layer_types: ['full_attention'] }, 'layer_types'],
    ['gemma2', 'a soft cap of 0', { final_logit_softcapping: 0 }, 'final_logit_softcapping'],
    ['stablelm', 'norms of single heads', { qk_layernorm: true }, 'qk_layernorm'],
    ['stablelm', 'a rotated part without pairs', { partial_rotary_factor: 0.2 }, 'head_dim'],
    ['gpt_neox', 'a rotated part without pairs', { rotary_pct: 0.2 }, 'rope_parameters'],
    ['qwen2', 'layers of another kind', { layer_types: ['linear_attention', 'x'] }, 'layer_types.0'],
    ['phi3', 'a rule of another class', { rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling'],
    [
      'phi3',
      'factors that do not fit the head',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } },
      'head_dim',
    ],
    ['chatglm', 'prefix tuning', { pre_seq_len: 128 }, 'pre_seq_len'],
    ['chatglm', 'LayerNorm', { rmsnorm: false }, 'rmsnorm'],
    ['chatglm', 'heads without quarters', { kv_channels: 6 }, 'kv_channels'],
    [
      'chatglm',
      'groups that do not divide',
      { multi_query_attention: true, multi_query_group_num: 2 },
      'multi_query_group_num',
    ],
    ['chatglm', 'divided positions', { rope_ratio: 4, _name_or_path: 'THUDM/chatglm2-6b-32k' }, 'rope_ratio'],
  ])('%s: %s', ([family, , changes, where]) => {
    try {
      model(family, changes);
    } catch (error) {
      const { problems } = (error as { details: { problems: string[] } }).details;
      expect(problems[0]).toMatch(new RegExp(`^${where}: `));
      return;
    }
    throw new Error('accepted');
  });
});
