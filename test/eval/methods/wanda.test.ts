import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import type { ChannelStatistics } from '../../../eval/math/channel-sum.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { magnitude } from '../../../eval/methods/magnitude.ts';
import type { DenseLinear } from '../../../eval/methods/method.ts';
import { wanda } from '../../../eval/methods/wanda.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { sampleLayer } from './samples.ts';
import { sparseLayout } from './sparse-layout.ts';

testMethod(wanda, {
  recipes: [
    'wanda-s50',
    'wanda-s80',
    'wanda-2:4',
    'wanda-1:2-trueseq',
    'wanda-w4g32-s50',
    'wanda-w4-4:8-mse',
  ],
  layout: sparseLayout,
});

async function run(linear: DenseLinear, statistics: ChannelStatistics, id: string) {
  const settings = wanda.fromRecipe(parseRecipe(id));
  const { packed, notes } = await wanda.quantize(linear, settings, {
    statistics,
    operations,
    rng: createRng(0),
  });
  return { weights: [...dequantize(packed)], notes };
}

/** Statistics of inputs of given mean squares. */
function inputs(meanSquare: readonly number[], tokens = 4): ChannelStatistics {
  const zeros = new Float64Array(meanSquare.length);
  const values = Float64Array.from(meanSquare);
  return { K: values.length, tokens, meanAbs: zeros, maxAbs: zeros, meanSquare: values };
}

test('small inputs make large weights cheap, by hand', async () => {
  const linear = { name: 'x', weight: Float32Array.of(1, -2, 3, -4, 4, 3, 2, 1), N: 2, K: 4 };
  // Scores 8·|w|, 2·|w|, 1·|w|, 0: 8 4 3 0 and 32 6 2 0.
  const statistics = inputs([64, 4, 1, 0]);
  expect((await run(linear, statistics, 'wanda-s50')).weights).toEqual([1, -2, 0, 0, 4, 3, 0, 0]);
  expect((await run(linear, statistics, 'wanda-s25')).weights).toEqual([1, -2, 3, 0, 4, 3, 2, 0]);
  expect((await run(linear, statistics, 'wanda-1:2')).weights).toEqual([1, 0, 3, 0, 4, 0, 2, 0]);
});

describe('equals a slow version that sorts the columns of each row', () => {
  test.each([
    ['wanda-s50', 64],
    ['wanda-s37', 96],
    ['wanda-2:4', 4],
    ['wanda-4:8', 8],
  ])('%s', async (id, run_) => {
    const { linear, channels } = sampleLayer(16, 96, 7);
    const removed = { 'wanda-s50': 48, 'wanda-s37': 36, 'wanda-2:4': 2, 'wanda-4:8': 4 }[id]!;
    const width = id.includes(':') ? run_ : 96;
    const expected = [...linear.weight];
    for (let from = 0; from < expected.length; from += width) {
      const places = Array.from({ length: width }, (_, i) => from + i);
      const score = (i: number) => linear.weight[i]! ** 2 * channels.meanSquare[i % 96]!;
      places.sort((a, b) => score(a) - score(b));
      for (const i of places.slice(0, removed)) expected[i] = 0;
    }
    expect((await run(linear, channels, id)).weights).toEqual(expected);
  });
});

test('with equal inputs it is magnitude pruning row by row', async () => {
  const { linear } = sampleLayer(8, 64, 4);
  const { weights } = await run(linear, inputs(new Array(64).fill(1)), 'wanda-s50');
  for (let n = 0; n < 8; n++) {
    const row = { name: 'x', weight: linear.weight.slice(n * 64, (n + 1) * 64), N: 1, K: 64 };
    const settings = magnitude.fromRecipe(parseRecipe('magnitude-s50'));
    const { packed } = await magnitude.quantize(row, settings, {
      statistics: null,
      operations,
      rng: createRng(0),
    });
    expect(weights.slice(n * 64, (n + 1) * 64)).toEqual([...dequantize(packed)]);
  }
});

test.each([5, 20, 50, 80])('every row loses exactly %i %%', async (percent) => {
  const { linear, channels } = sampleLayer(10, 200, 9);
  const { weights } = await run(linear, channels, `wanda-s${percent}`);
  for (let n = 0; n < 10; n++)
    expect(weights.slice(n * 200, (n + 1) * 200).filter((value) => value === 0)).toHaveLength(2 * percent);
});

test('without usable inputs the weights alone decide, which is noted', async () => {
  const linear = {
    name: 'model.layers.1.mlp.experts.3.w1',
    weight: Float32Array.of(1, -2, 3, -4),
    N: 1,
    K: 4,
  };
  const none = await run(linear, inputs([0, 0, 0, 0], 0), 'wanda-s50');
  const bad = await run(linear, inputs([1, Number.NaN, 1, 1]), 'wanda-s50');
  expect([none.weights, bad.weights]).toEqual([
    [0, 0, 3, -4],
    [0, 0, 3, -4],
  ]);
  expect([...none.notes, ...bad.notes]).toMatchInlineSnapshot(`
    [
      "model.layers.1.mlp.experts.3.w1: no calibration data came to it; pruned by the size of its weights alone instead.",
      "model.layers.1.mlp.experts.3.w1: input 1 is not finite in the calibration data; pruned by the size of its weights alone instead.",
    ]
  `);
});

test('statistics of another width are refused', async () => {
  const { linear } = sampleLayer(2, 64, 1);
  await expect(run(linear, inputs([1, 1]), 'wanda-s50')).rejects.toMatchObject({
    code: 'method/hessian-shape',
  });
});
