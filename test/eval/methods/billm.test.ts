import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { binaryBlocks } from '../../../eval/formats/binary-blocks.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { residualError } from '../../../eval/math/residual.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { billm } from '../../../eval/methods/billm.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { binaryBlocksLayout } from './binary-layouts.ts';
import { outputError, type Sample, sampleLayer } from './samples.ts';
import { slowBillm } from './slow-billm.ts';
import { rowsOf } from './slow-feedback.ts';

testMethod(billm, {
  recipes: ['billm-w1.1g32', 'billm-w1.1g64-compat', 'billm-w1.1g16-damp0.1'],
  layout: binaryBlocksLayout,
});

async function run({ linear, hessian }: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const settings = billm.fromRecipe(parseRecipe(id));
  const statistics = operations.hessian(hessian);
  const result = await billm.quantize(linear, settings, { statistics, operations, rng: createRng(0) });
  return {
    ...result,
    settings,
    blocks: binaryBlocks.unpack(result.packed),
    restored: dequantize(result.packed),
  };
}

describe('weights equal those of the slow version', () => {
  test.each([
    ['billm-w1.1g32', 12, 96],
    ['billm-w1.1g64', 8, 128],
    ['billm-w1.1g32-compat', 12, 96],
    ['billm-w1.1g96-compat', 6, 96],
    ['billm-w1.1g2', 4, 16],
  ])('%s, %i×%i', async (id, N, K) => {
    for (const seed of [1, 2]) {
      const sample = sampleLayer(N, K, seed, seed === 2 ? [0, 5, K - 1] : []);
      const { restored, settings, blocks } = await run(sample, id);
      const slow = slowBillm(rowsOf(sample.linear.weight, K), rowsOf(sample.hessian.values, K), settings);
      const salient = slow.blocks.flatMap((block, b) => block.salient.map((j) => b * settings.group + j));
      expect([...blocks.isSalient.keys()].filter((k) => blocks.isSalient[k] === 1)).toEqual(
        salient.toSorted((a, b) => a - b),
      );
      expect([...restored]).toEqual(slow.restored.flat().map(Math.fround));
    }
  });
});

test('the loss is the weighted error with the damped Hessian', async () => {
  const sample = sampleLayer(6, 128, 9);
  const { restored, hessianLoss } = await run(sample, 'billm-w1.1g32');
  const damped = Float64Array.from(sample.hessian.values);
  let mean = 0;
  for (let k = 0; k < 128; k++) mean += damped[k * 129] / 128;
  for (let k = 0; k < 128; k++) damped[k * 129] += 0.01 * mean;
  const error = outputError({ ...sample, hessian: new Hessian(damped, 128) }, restored);
  expect(hessianLoss! / error).toBeCloseTo(1, 5);
});

test('a residual binarization of higher order never leaves a larger error', () => {
  const rng = createRng(3);
  for (let length = 1; length < 60; length++) {
    const values = Float64Array.from({ length }, () => rng.normal() ** 3);
    const errors = [0, 1, 2, 3, 4].map((order) => residualError(Float64Array.from(values), 0, length, order));
    for (let order = 1; order < 5; order++) expect(errors[order]).toBeLessThanOrEqual(errors[order - 1]);
    expect(errors[1]).toBeGreaterThanOrEqual(0);
  }
});

test('the parts of a block are salient columns, small and large weights, and every weight is in one of them', async () => {
  const sample = sampleLayer(16, 64, 5);
  const { blocks } = await run(sample, 'billm-w1.1g64');
  const { codes, isSalient } = blocks;
  const sizes: number[][] = [[], [], []];
  for (let i = 0; i < codes.length; i++) {
    sizes[isSalient[i % 64] === 1 ? 2 : codes[i] >> 1].push(Math.abs(sample.linear.weight[i]));
  }
  expect(sizes.map((part) => part.length > 0)).toEqual([true, true, true]);
  expect(sizes[0].length + sizes[1].length + sizes[2].length).toBe(16 * 64);
  expect(Math.max(...sizes[0])).toBeLessThan(Math.min(...sizes[1]));
  expect(sizes[2].length % 16).toBe(0);
});

test('it is better than signs alone', async () => {
  for (let seed = 20; seed < 25; seed++) {
    const sample = sampleLayer(16, 128, seed);
    const { restored } = await run(sample, 'billm-w1.1g64');
    const { weight } = sample.linear;
    const size = weight.reduce((sum, value) => sum + Math.abs(value), 0) / weight.length;
    const signs = weight.map((value) => Math.sign(value) * size);
    expect(outputError(sample, restored)).toBeLessThan(outputError(sample, signs));
  }
});

test('true bits at a group of 128', async () => {
  const { packed } = await run(sampleLayer(40, 256, 5), 'billm-w1.1g128');
  expect((8 * packedBytes(packed)) / (40 * 256)).toBe(2 + 112 / 128 + 1 / 40);
});

test('without a factor magnitudes decide, and it is noted', async () => {
  const { linear } = sampleLayer(4, 64, 5);
  const { hessianLoss, notes } = await run(
    { linear, hessian: new Hessian(new Float64Array(64 * 64), 64) },
    'billm-w1.1g32',
  );
  expect(hessianLoss).toBeNull();
  expect(notes).toMatchInlineSnapshot(`
    [
      "model.layers.0.mlp.up_proj: all its inputs were zero, or none came, in the calibration data; magnitudes stand for salience, and no error is fed back.",
    ]
  `);
});

test.each([
  ['billm-w1g128', 'nothing in BiLLM can be set to 1 bits; its papers count 1.1, so write billm-w1.1g128'],
  ['billm-w1.1', 'BiLLM works in blocks of columns, and the recipe gives none; write billm-w1.1g128'],
  ['billm-w1.1g1', 'a block of one column has nothing to split'],
  ['billm-w1.1g256', 'blocks of 256 columns are not supported; 2 to 128 are, and its papers use 128'],
  ['billm-w1.1gx', 'the recipe leaves the group size open'],
  ['billm-kv4', 'billm compresses weights, and the recipe gives no bits for them'],
  ['billm-w1.1g128a8-compat', null],
])('%s: %s', (id, reason) => {
  expect(billm.supports(parseRecipe(id))).toBe(reason);
});
