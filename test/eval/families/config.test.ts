/** What the reader of configs accepts and refuses, on the llama class. */
import { describe, expect, test } from 'vitest';
import { describeModel } from '../../../eval/families/index.ts';
import { attentionOf, ropeOf } from './parts-of.ts';

const BASE = {
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
/** Rotation frequencies of the first block: head size 8, so θ = 10000 gives 1, 0.1, 0.01, 0.001. */
const frequencies = (changes: object) =>
  ropeOf(describeModel({ ...BASE, ...changes }, 'test')).inverseFrequencies;
const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12));

describe('rotary positions', () => {
  test('without settings', () => {
    expect(frequencies({})).toEqual(closeTo([1, 0.1, 0.01, 0.001]));
  });

  test('θ in the older layout, the newer one, and both', () => {
    // 16^(-1/4) = 1/2
    const expected = closeTo([1, 0.5, 0.25, 0.125]);
    expect(frequencies({ rope_theta: 16 })).toEqual(expected);
    expect(frequencies({ rope_theta: 16, rope_scaling: null })).toEqual(expected);
    expect(frequencies({ rope_parameters: { rope_theta: 16, rope_type: 'default' } })).toEqual(expected);
    expect(frequencies({ rope_theta: 16, rope_parameters: { rope_theta: 16 } })).toEqual(expected);
  });

  test('linear scaling divides all of them', () => {
    const expected = closeTo([0.25, 0.025, 0.0025, 0.00025]);
    expect(frequencies({ rope_scaling: { type: 'linear', factor: 4 } })).toEqual(expected);
    expect(frequencies({ rope_scaling: { rope_type: 'linear', factor: 4 } })).toEqual(expected);
    expect(frequencies({ rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 10_000 } })).toEqual(
      expected,
    );
  });

  test('llama-3 scaling keeps short waves, stretches long ones and blends between', () => {
    const rule = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    // Wavelengths 2π/f: 6.28, 62.8, 628, 6283. With 8192 old positions the limits are 2048 and 8192, so only the last is
    // blended: share (8192/6283.185 − 1)/3 = 0.10126576, 0.001·(0.89873424/8 + 0.10126576) = 0.00021360754.
    const blended = frequencies({ rope_scaling: { ...rule, original_max_position_embeddings: 8192 } });
    expect(blended.slice(0, 3)).toEqual(closeTo([1, 0.1, 0.01]));
    expect(blended[3]).toBeCloseTo(0.00021360754, 9);
    // With 4096 the limits are 1024 and 4096, and 6283 is beyond.
    const stretched = frequencies({
      rope_parameters: { ...rule, original_max_position_embeddings: 4096, rope_theta: 10_000 },
    });
    expect(stretched).toEqual(closeTo([1, 0.1, 0.01, 0.000125]));
  });
});

describe('mistral', () => {
  const window = (changes: object) =>
    attentionOf(
      describeModel({ ...BASE, num_key_value_heads: 2, ...changes, model_type: 'mistral' }, 'test')
        .blocks[0]!,
    ).slidingWindow;

  test('has a window of 4096 unless the config says otherwise', () => {
    expect([window({}), window({ sliding_window: null }), window({ sliding_window: 8 })]).toEqual([
      4096,
      null,
      8,
    ]);
  });

  test('of llama, a window has no meaning', () => {
    expect(
      attentionOf(describeModel({ ...BASE, sliding_window: 8 }, 'test').blocks[0]!).slidingWindow,
    ).toBeNull();
  });
});

describe('a config is refused', () => {
  const problems = (changes: object): unknown => {
    try {
      describeModel({ ...BASE, ...changes }, 'config.json');
      return 'accepted';
    } catch (error) {
      return (error as { details: { problems: string[] } }).details.problems;
    }
  };

  test.for<[string, object, string]>([
    ['a made-up rotation rule', { rope_scaling: { type: 'spiral', factor: 2 } }, 'rope_scaling.rope_type'],
    ['NTK scaling', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, 'rope_scaling.rope_type'],
    [
      'two rules at once',
      { rope_scaling: { rope_type: 'linear', type: 'llama3', factor: 2 } },
      'rope_scaling.rope_type',
    ],
    ['a rule without its factor', { rope_scaling: { type: 'linear' } }, 'rope_scaling.factor'],
    ['rotation of a part of the head', { partial_rotary_factor: 0.5 }, 'partial_rotary_factor'],
    [
      'the same in the newer layout',
      { rope_parameters: { partial_rotary_factor: 0.5 } },
      'rope_parameters.partial_rotary_factor',
    ],
    [
      'rules by kind of layer',
      { rope_parameters: { full_attention: { rope_type: 'default' } } },
      'rope_parameters.rope_type',
    ],
    ['two different θ', { rope_theta: 5, rope_parameters: { rope_theta: 6 } }, 'rope_parameters'],
    [
      'layouts that disagree',
      { rope_scaling: { type: 'linear', factor: 2 }, rope_parameters: {} },
      'rope_parameters',
    ],
    ['another activation', { hidden_act: 'gelu' }, 'hidden_act'],
    ['heads that do not divide', { num_attention_heads: 3 }, 'num_attention_heads'],
    ['an odd head size', { head_dim: 7 }, 'head_dim'],
    [
      'key-value heads that do not divide',
      { num_attention_heads: 4, num_key_value_heads: 3 },
      'num_key_value_heads',
    ],
    ['a quantized checkpoint', { quantization_config: { quant_method: 'gptq' } }, 'quantization_config'],
    ['code of its own', { auto_map: { AutoModelForCausalLM: 'x.Y' } }, 'auto_map.AutoModelForCausalLM'],
    [
      'another head than a language model',
      { architectures: ['LlamaForSequenceClassification'] },
      'architectures',
    ],
    ['an absurd number of layers', { num_hidden_layers: 1e9 }, 'num_hidden_layers'],
    ['half a layer', { num_hidden_layers: 1.5 }, 'num_hidden_layers'],
    ['no vocabulary', { vocab_size: 0 }, 'vocab_size'],
    ['an ε of 0', { rms_norm_eps: 0 }, 'rms_norm_eps'],
    [
      'biases of mistral',
      { model_type: 'mistral', num_key_value_heads: 2, attention_bias: true },
      'attention_bias',
    ],
  ])('for %s', ([, changes, where]) => {
    expect(problems(changes)).toEqual([expect.stringMatching(new RegExp(`^${where}: `))]);
  });

  test('with all problems at once', () => {
    expect(problems({ vocab_size: 'many', hidden_act: 'relu', num_hidden_layers: -1 })).toHaveLength(3);
  });

  test('of an unknown family, with the nearest known one', () => {
    expect(() => describeModel({ model_type: 'mistrall' }, 'config.json')).toThrowErrorMatchingInlineSnapshot(
      `[BitlossError: [families] config.json: unknown model_type "mistrall". Did you mean "mistral" or "mixtral"? Known: bloom, chatglm, deepseek_v2, falcon, gemma, gemma2, gpt_neox, llama, mamba, mistral, mixtral, olmoe, opt, phi3, qwen2, qwen2_moe, qwen3, stablelm (18).]`,
    );
  });
});
