/** How device memory is divided, and how weights lie in it: without a device. */
import { describe, expect, test } from 'vitest';
import { blockLayout, topLayout } from '../../../eval/engines/cuda/block-layout.ts';
import { chooseDtype } from '../../../eval/engines/cuda/engine.ts';
import { Image } from '../../../eval/engines/cuda/layout.ts';
import { BF16, F32 } from '../../../eval/engines/cuda/matrix.ts';
import { describePlan, planMemory } from '../../../eval/engines/cuda/plan.ts';
import { rotationTable } from '../../../eval/engines/cuda/rotations.ts';
import { UNROUNDED } from '../../../eval/engines/forward-quantizer.ts';
import type { Rope } from '../../../eval/families/architecture.ts';
import { describeModel } from '../../../eval/families/index.ts';

const GIB = 2 ** 30;
const LLAMA_8B = describeModel(
  {
    ...{ model_type: 'llama', vocab_size: 128_256, hidden_size: 4096, intermediate_size: 14_336 },
    ...{ num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5 },
    ...{ max_position_embeddings: 8192, rope_theta: 500_000, tie_word_embeddings: false },
  },
  'test',
);
const plan = (limitBytes: number, more = {}) =>
  planMemory({ architecture: LLAMA_8B, dtype: BF16, precision: UNROUNDED, limitBytes, ...more });

describe('a plan', () => {
  test('keeps all weights where they fit', async () => {
    const { residentBlocks, slotBytes, chunkTokens, batchTokens, weightBytes, totalBytes } = await plan(
      130 * GIB,
    );
    expect({ residentBlocks, slotBytes, chunkTokens, batchTokens }).toEqual({
      ...{ residentBlocks: 32, slotBytes: 0, chunkTokens: 16_384, batchTokens: 65_536 },
    });
    // 8.03 billion parameters of two bytes.
    expect(weightBytes / 2e9).toBeCloseTo(8.03, 2);
    expect(totalBytes).toBeLessThanOrEqual(130 * GIB);
  });

  test('takes smaller chunks before it streams', async () => {
    const small = await plan(16 * GIB);
    expect(small.residentBlocks).toBe(32);
    expect(small.chunkTokens).toBeLessThan(16_384);
    expect(small.totalBytes).toBeLessThanOrEqual(16 * GIB);
  });

  test('streams what does not fit through two slots', async () => {
    const streamed = await plan(12 * GIB);
    expect(streamed.residentBlocks).toBeGreaterThan(0);
    expect(streamed.residentBlocks).toBeLessThan(31);
    expect(streamed.slotBytes).toBe(streamed.layouts[0]!.bytes);
    expect(streamed.totalBytes).toBeLessThanOrEqual(12 * GIB);
    expect(describePlan(streamed, 12 * GIB)).toMatch(
      /^Device memory: [\d.]+ GiB for weights, \d+ of 32 blocks are streamed; .* of 12.00 GiB in all\.$/,
    );
  });

  test('has room for the longest text, or says what it would take', async () => {
    expect((await plan(130 * GIB, { longest: 40_000 })).chunkTokens).toBe(40_000);
    await expect(plan(2 * GIB)).rejects.toThrow(/needs \d+ bytes of device memory, 2147483648 may be used/);
  });
});

test('queries, keys and values are one matrix, as are gate and up', () => {
  const block = LLAMA_8B.blocks[0]!;
  const image = new Image(blockLayout(block, 4096, BF16), 1000 * 256);
  const at = image.at('qkv');
  const prefix = 'model.layers.0';
  expect(image.linear(`${prefix}.self_attn.q_proj`)).toEqual({ at, N: 4096, K: 4096, dtype: BF16 });
  expect(image.linear(`${prefix}.self_attn.v_proj`)).toEqual({
    ...{ at: at + 5120 * 4096 * 2, N: 1024, K: 4096, dtype: BF16 },
  });
  expect(image.linear(`${prefix}.mlp.up_proj`).at - image.at('gateUp')).toBe(14_336 * 4096 * 2);
  expect(image.atOrZero('qkv.bias')).toBe(0);
  expect(() => image.linear('model.layers.1.mlp.up_proj')).toThrow('does not hold');
  for (const part of ['mixer.before', 'o', 'down', 'feedForward.before'])
    expect(image.at(part) % 256).toBe(0);
});

test('a tied head has no part of its own', () => {
  const tied = describeModel(
    {
      ...{
        model_type: 'llama',
        vocab_size: 97,
        hidden_size: 64,
        intermediate_size: 80,
        num_hidden_layers: 1,
      },
      ...{ num_attention_heads: 4, rms_norm_eps: 1e-5, tie_word_embeddings: true },
    },
    'test',
  );
  expect([...topLayout(tied, F32).parts.keys()]).toEqual(['embedding', 'finalNorm']);
  expect([...topLayout(LLAMA_8B, F32).parts.keys()]).toEqual(['embedding', 'finalNorm', 'head']);
  expect(chooseDtype('auto', tied)).toBe(F32);
  expect(chooseDtype('auto', LLAMA_8B)).toBe(BF16);
});

test('rotation tables hold positions, and behind them those of long texts', () => {
  const rope: Rope = {
    ...{ kind: 'rope', inverseFrequencies: [1, 0.5], attentionFactor: 2, layout: 'half' },
    long: { beyond: 3, inverseFrequencies: [0.25, 0], attentionFactor: 3 },
  };
  const { cos, sin } = rotationTable(rope, 3);
  const expected = [
    ...[0, 0, 1, 0.5, 2, 1].map((angle) => [2, angle]),
    ...[0, 0, 0.25, 0, 0.5, 0].map((angle) => [3, angle]),
  ] as [number, number][];
  expect([...cos]).toEqual(expected.map(([factor, angle]) => Math.fround(factor * Math.cos(angle))));
  expect([...sin]).toEqual(expected.map(([factor, angle]) => Math.fround(factor * Math.sin(angle))));
});
