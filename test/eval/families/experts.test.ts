/** Families with experts, latent attention and selective scan: what their configs mean. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type {
  Block,
  ExpertsFeedForward,
  LatentAttention,
  Rope,
} from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { linearsOf, routersOf } from '../../../eval/families/linears.ts';
import { attentionOf } from './parts-of.ts';

const DECODER = {
  vocab_size: 50,
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 4,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
};
const expertsOf = ({ feedForward }: Block): ExpertsFeedForward => {
  if (feedForward?.kind !== 'experts') throw new Error(`${feedForward?.kind} is not experts`);
  return feedForward;
};
const kinds = (blocks: readonly Block[]) => blocks.map(({ feedForward }) => feedForward?.kind);
const problemsOf = (config: object): readonly string[] => {
  try {
    describeModel(config, 'config.json');
    return [];
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems;
  }
};

describe('mixtral', () => {
  const config = { ...DECODER, model_type: 'mixtral' };

  test('two of eight experts, renormalized, under their published names', () => {
    const [block] = describeModel(config, 'test').blocks;
    const { router, experts, ...rule } = expertsOf(block!);
    expect(rule).toMatchObject({ perToken: 2, renormalize: true, factor: 1, groups: null, shared: null });
    expect(router.tensor).toBe('model.layers.0.block_sparse_moe.gate.weight');
    expect(experts.map(({ up }) => up.tensor)[7]).toBe('model.layers.0.block_sparse_moe.experts.7.w3.weight');
    expect(linearsOf(block!)).toHaveLength(4 + 8 * 3);
    expect(linearsOf(block!)).not.toContain(router);
    expect(routersOf(block!)).toEqual([router]);
  });

  test('θ is a million and there is no window unless the config says otherwise', () => {
    const { position, slidingWindow } = attentionOf(describeModel(config, 'test').blocks[0]!);
    expect((position as Rope).inverseFrequencies[2]).toBeCloseTo(1e-3, 12);
    expect(slidingWindow).toBeNull();
    const other = { ...config, sliding_window: 8, rope_parameters: { rope_theta: 16, rope_type: 'default' } };
    const changed = attentionOf(describeModel(other, 'test').blocks[0]!);
    expect((changed.position as Rope).inverseFrequencies[1]).toBeCloseTo(0.5, 12);
    expect(changed.slidingWindow).toBe(8);
  });

  test('more experts a token than there are', () => {
    expect(problemsOf({ ...config, num_experts_per_tok: 9 })).toEqual([
      'num_experts_per_tok: 9 experts a token are more than the 8 that there are',
    ]);
  });
});

describe('qwen2_moe', () => {
  const config = { ...DECODER, model_type: 'qwen2_moe', num_experts: 6, num_experts_per_tok: 2 };

  test('which layers have experts', () => {
    const sparse = (changes: object) => kinds(describeModel({ ...config, ...changes }, 'test').blocks);
    expect(sparse({})).toEqual(['experts', 'experts', 'experts', 'experts']);
    expect(sparse({ decoder_sparse_step: 2 })).toEqual(['glu', 'experts', 'glu', 'experts']);
    expect(sparse({ mlp_only_layers: [0, 3] })).toEqual(['glu', 'experts', 'experts', 'glu']);
  });

  test('biases of queries, keys and values, and a gated shared expert', () => {
    const block = describeModel(config, 'test').blocks[1]!;
    const { q, k, v, o } = attentionOf(block);
    expect([q, k, v, o].map(({ bias }) => bias?.split('.').at(-2))).toEqual([
      'q_proj',
      'k_proj',
      'v_proj',
      undefined,
    ]);
    const { shared } = expertsOf(block);
    expect(shared?.gate).toMatchObject({ name: 'model.layers.1.mlp.shared_expert_gate', outFeatures: 1 });
    expect(routersOf(block).map(({ name }) => name)).toEqual([
      'model.layers.1.mlp.gate',
      'model.layers.1.mlp.shared_expert_gate',
    ]);
  });

  test('windows by the list of layers, or every other one of the first', () => {
    const windows = (changes: object) =>
      describeModel({ ...config, ...changes }, 'test').blocks.map(
        (block) => attentionOf(block).slidingWindow,
      );
    const on = { use_sliding_window: true, sliding_window: 5 };
    expect(windows({ sliding_window: 5 })).toEqual([null, null, null, null]);
    expect(windows({ ...on, max_window_layers: 2 })).toEqual([5, null, null, null]);
    const types = ['full_attention', 'sliding_attention', 'full_attention', 'sliding_attention'];
    expect(windows({ ...on, layer_types: types })).toEqual([null, 5, null, 5]);
  });
});

describe('deepseek_v2', () => {
  const config = {
    ...DECODER,
    model_type: 'deepseek_v2',
    ...{ q_lora_rank: null, kv_lora_rank: 8, qk_nope_head_dim: 6, qk_rope_head_dim: 4, v_head_dim: 5 },
    ...{ n_routed_experts: 6, num_experts_per_tok: 2, first_k_dense_replace: 1 },
  };
  const latentOf = (changes: object) =>
    describeModel({ ...config, ...changes }, 'test').blocks[0]!.mixer as LatentAttention;

  test('the published small one: YaRN sharpens all scores and leaves cosines as they are', async () => {
    const file = join(import.meta.dirname, '../../fixtures/families/deepseek-v2-lite.json');
    const { blocks } = describeModel(JSON.parse(await readFile(file, 'utf8')), 'test');
    const { scale, position } = blocks[0]!.mixer as LatentAttention;
    // 0.1 · 0.707 · ln 40 + 1 = 1.26080, squared 1.58962, over √192.
    expect(scale).toBeCloseTo(1.58962 / Math.sqrt(192), 6);
    const { attentionFactor, inverseFrequencies: found, layout } = position as Rope;
    expect([attentionFactor, layout]).toEqual([1, 'interleaved']);
    // The ramp goes from pair 10 to pair 23; outside it is the plain frequency, or that over 40.
    const plain = found.map((_, i) => 10_000 ** (-i / 32));
    expect(found[10]).toBeCloseTo(plain[10]!, 12);
    expect(found[11]! / plain[11]!).toBeCloseTo(12 / 13 + 1 / 13 / 40, 9);
    expect(found[23]! / plain[23]!).toBeCloseTo(1 / 40, 12);
    expect(kinds(blocks).slice(0, 3)).toEqual(['glu', 'experts', 'experts']);
    expect(expertsOf(blocks[1]!).shared).toMatchObject({
      gate: null,
      feedForward: { up: { outFeatures: 2816 } },
    });
  });

  test('queries of full or low rank', () => {
    expect(latentOf({}).query).toMatchObject({ kind: 'full', q: { outFeatures: 20, inFeatures: 16 } });
    const { query, kvDown, o } = latentOf({ q_lora_rank: 7, attention_bias: true });
    expect(query).toMatchObject({
      kind: 'latent',
      down: { outFeatures: 7 },
      up: { outFeatures: 20, inFeatures: 7 },
    });
    expect([kvDown.bias, o.bias]).toEqual([
      'model.layers.0.self_attn.kv_a_proj_with_mqa.bias',
      'model.layers.0.self_attn.o_proj.bias',
    ]);
  });

  test('experts by groups', () => {
    const groups = {
      topk_method: 'group_limited_greedy',
      n_group: 3,
      topk_group: 2,
      routed_scaling_factor: 16,
    };
    const layer = expertsOf(describeModel({ ...config, ...groups }, 'test').blocks[1]!);
    expect(layer).toMatchObject({ groups: { count: 3, perToken: 2 }, factor: 16, renormalize: false });
    expect(
      expertsOf(describeModel({ ...config, n_group: 3, topk_group: 2 }, 'test').blocks[1]!).groups,
    ).toBeNull();
  });

  test.for<[object, unknown]>([
    [{ topk_method: 'group_limited_greedy' }, 'n_group: group_limited_greedy needs n_group and topk_group'],
    [
      { topk_method: 'group_limited_greedy', n_group: 4, topk_group: 2 },
      'n_group: 4 groups do not divide 6 experts',
    ],
    [
      { topk_method: 'group_limited_greedy', n_group: 3, topk_group: 1, num_experts_per_tok: 3 },
      'num_experts_per_tok: 3 are more than the 2 experts of 1 groups',
    ],
    [
      { topk_method: 'group_limited_greedy', n_group: 2, topk_group: 3 },
      'topk_group: 3 groups are more than the 2 that there are',
    ],
    [{ num_key_value_heads: 1 }, 'num_key_value_heads: 1 are not as many as the 2 heads'],
    [{ norm_topk_prob: true }, 'norm_topk_prob: the published code and transformers disagree about true'],
    [{ scoring_func: 'sigmoid' }, 'scoring_func: only "softmax" is supported'],
    [
      { auto_map: { AutoModelForCausalLM: 'other.Model' } },
      expect.stringContaining(
        'auto_map.AutoModelForCausalLM: model code that comes with the checkpoint is never run',
      ),
    ],
  ])('refuses %o', ([changes, problem]) => {
    expect(problemsOf({ ...config, ...changes })).toEqual([problem]);
  });
});

describe('mamba', () => {
  test('sizes that follow from others', () => {
    const { blocks, maxPositions } = describeModel(
      { model_type: 'mamba', hidden_size: 40, num_hidden_layers: 1 },
      'test',
    );
    expect(maxPositions).toBe(2048);
    expect(blocks[0]!.mixer).toMatchObject({
      ...{ kind: 'selective-scan', innerSize: 80, stateSize: 16, rank: 3 },
      parameters: { outFeatures: 35, inFeatures: 80 },
      step: { outFeatures: 80, inFeatures: 3, bias: 'backbone.layers.0.mixer.dt_proj.bias' },
    });
    expect(linearsOf(blocks[0]!).map(({ name }) => name.split('.').at(-1))).toEqual([
      'in_proj',
      'x_proj',
      'dt_proj',
      'out_proj',
    ]);
  });

  test('biases and ties by the config', () => {
    const config = { model_type: 'mamba', hidden_size: 8, num_hidden_layers: 1, vocab_size: 9 };
    const plain = describeModel(config, 'test');
    expect(plain.head.tensor).toBe('backbone.embeddings.weight');
    expect(plain.blocks[0]!.mixer).toMatchObject({
      convolution: { bias: 'backbone.layers.0.mixer.conv1d.bias' },
    });
    const other = describeModel(
      { ...config, tie_word_embeddings: false, use_bias: true, use_conv_bias: false },
      'test',
    );
    expect(other.head.tensor).toBe('lm_head.weight');
    expect(other.blocks[0]!.mixer).toMatchObject({
      convolution: { bias: null },
      input: { bias: 'backbone.layers.0.mixer.in_proj.bias' },
    });
  });
});
