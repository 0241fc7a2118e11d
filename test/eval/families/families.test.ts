/** What every family must get right, on configs as published, and what the config reader accepts and refuses. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { describeModel, families } from '../../../eval/families/index.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { attentionOf, ropeOf } from './parts-of.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/families');

/** Parameter totals as shown on the model pages, and one linear of each shape. */
const PUBLISHED: Readonly<
  Record<string, { params: number; family: string; shapes: Record<string, [number, number]> }>
> = {
  'llama-2-7b': {
    params: 6_738_415_616,
    family: 'llama',
    shapes: { k_proj: [4096, 4096], down_proj: [4096, 11008] },
  },
  'llama-3-8b': {
    params: 8_030_261_248,
    family: 'llama',
    shapes: { k_proj: [1024, 4096], down_proj: [4096, 14336] },
  },
  'llama-3.2-1b': {
    params: 1_235_814_400,
    family: 'llama',
    shapes: { k_proj: [512, 2048], gate_proj: [8192, 2048] },
  },
  'tinyllama-1.1b': {
    params: 1_100_048_384,
    family: 'llama',
    shapes: { v_proj: [256, 2048], up_proj: [5632, 2048] },
  },
  'mistral-7b-v0.1': {
    params: 7_241_732_096,
    family: 'mistral',
    shapes: { v_proj: [1024, 4096], o_proj: [4096, 4096] },
  },
};

async function published(name: string): Promise<Architecture> {
  return describeModel(JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')), name);
}

test('every config in the fixtures is checked, and every family has one', async () => {
  const names = (await readdir(FOLDER)).map((file) => file.replace(/\.json$/, ''));
  expect(names.sort()).toEqual(Object.keys(PUBLISHED).sort());
  expect(new Set(Object.values(PUBLISHED).map(({ family }) => family))).toEqual(
    new Set(Object.keys(families)),
  );
  for (const [id, family] of Object.entries(families)) expect(family.id).toBe(id);
});

describe.each(Object.entries(PUBLISHED))('%s', (name, { params, family, shapes }) => {
  test('has the published number of parameters', async () => {
    const architecture = await published(name);
    expect(architecture.family).toBe(family);
    expect(parameterCount(architecture)).toBe(params);
  });

  test('lists every matrix of its blocks, each with the shape of its tensor', async () => {
    const architecture = await published(name);
    const tensors = expectedTensors(architecture);
    const linears = architecture.blocks.flatMap(linearsOf);
    expect(new Set(linears.map((linear) => linear.name)).size).toBe(linears.length);
    for (const { tensor, outFeatures, inFeatures } of linears)
      expect(tensors.get(tensor)).toEqual([outFeatures, inFeatures]);
    const matrices = [...tensors].filter(
      ([tensor, shape]) => shape.length === 2 && tensor.startsWith('model.layers'),
    );
    expect(matrices.map(([tensor]) => tensor).sort()).toEqual(linears.map(({ tensor }) => tensor).sort());
    for (const [part, shape] of Object.entries(shapes)) {
      expect(
        linears.filter((linear) => linear.name.endsWith(part)).map((l) => [l.outFeatures, l.inFeatures]),
      ).toEqual(architecture.blocks.map(() => shape));
    }
  });
});

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
    ['another rotation rule', { rope_scaling: { type: 'yarn', factor: 2 } }, 'rope_scaling.rope_type'],
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
      `[BitlossError: [families] config.json: unknown model_type "mistrall". Did you mean "mistral"? Known: llama, mistral (2).]`,
    );
  });
});
