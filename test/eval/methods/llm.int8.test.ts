import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { mixedColumns } from '../../../eval/formats/mixed-columns.ts';
import { ChannelSum } from '../../../eval/math/channel-sum.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { precisionFor } from '../../../eval/methods/index.ts';
import { llmInt8 } from '../../../eval/methods/llm.int8.ts';
import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { LLM_INT8 } from './layouts.ts';
import { sampleLayer } from './samples.ts';

testMethod(llmInt8, LLM_INT8);

/** Channels whose largest inputs are these. */
function channelsOf(maxima: readonly number[]) {
  const sum = new ChannelSum(maxima.length);
  sum.add(Float32Array.from(maxima), 1);
  return sum.finish();
}

const run = (weight: readonly number[], maxima: readonly number[], name = 'x') => {
  const K = maxima.length;
  const linear = { name, weight: Float32Array.from(weight), N: weight.length / K, K };
  return llmInt8.quantize(linear, {}, { statistics: channelsOf(maxima), operations, rng: createRng(0) });
};

test('two rows by hand: the column that meets an input of 6 is not in the grid', async () => {
  const { packed, notes } = await run([1.27, 100, -0.5, 0.254, 3, 0.13], [5.99, -6, 1]);
  const { columns, coded, values } = mixedColumns.unpack(packed);
  expect([...columns]).toEqual([1]);
  expect([...values]).toEqual([100, 3]);
  // Scales 1.27/127 and 0.254/127 in half precision; codes 127, −50 and 127, 63.5 → 64 (even), above 128.
  expect([...coded!.buffers.codes!.bytes]).toEqual([255, 78, 255, 193]);
  const [first, second] = [Math.f16round(0.01), Math.f16round(0.002)];
  const expected = [127 * first, 100, -50 * first, 127 * second, 3, 65 * second];
  for (const [i, value] of dequantize(packed).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  expect(notes).toEqual(['x: 1 of 3 columns stay at 16 bits.']);
});

describe('without large inputs, and with nothing but them', () => {
  const { linear } = sampleLayer(12, 64, 3);
  const of = (most: number) => run([...linear.weight], new Array(64).fill(most));

  test('rows are rounded as by rtn-w8-sym-minmax', async () => {
    const recipe = parseRecipe('rtn-w8-sym-minmax');
    const { packed } = await rtn.quantize(linear, rtn.fromRecipe(recipe), {
      ...{ statistics: null, operations, rng: createRng(0) },
    });
    expect(dequantize((await of(1)).packed)).toEqual(dequantize(packed));
  });

  test('weights are those of half precision', async () => {
    const { packed } = await of(9);
    expect(dequantize(packed)).toEqual(linear.weight.map(Math.f16round));
    expect(Object.keys(packed.buffers)).toEqual(['columns', 'values']);
  });
});

test('fewer bits with fewer outliers, and less error with more', async () => {
  const { linear } = sampleLayer(16, 64, 4);
  const errors = [];
  for (const outliers of [0, 4, 32]) {
    const maxima = Array.from({ length: 64 }, (_, k) => (k < outliers ? 7 : 1));
    const { packed } = await run([...linear.weight], maxima);
    errors.push(await operations.relativeError(linear, packed));
  }
  expect(errors).toEqual(errors.toSorted((a, b) => b - a));
});

test('what the forward pass rounds', () => {
  expect(precisionFor(parseRecipe('llm.int8-w8a8kv4'))).toMatchObject({
    activations: { bits: 8, symmetric: true, range: 'minmax', outliers: 6 },
    kv: { bits: 4, symmetric: false, outliers: null },
  });
});

test('an input that no token reached has no outliers, and says so', async () => {
  const statistics = new ChannelSum(4).finish();
  const linear = { name: 'x', weight: new Float32Array(8).fill(0.5), N: 2, K: 4 };
  const { packed, notes } = await llmInt8.quantize(linear, {}, { statistics, operations, rng: createRng(0) });
  expect(mixedColumns.unpack(packed).columns.length).toBe(0);
  expect(notes[0]).toMatch(/no token of the calibration data came here/);
});

test.each([
  ['llm.int8-w8a8', null],
  ['llm.int8-w8a8kv8', null],
  [
    'llm.int8-w8',
    'llm.int8 gives 8 bits to weights and activations: w8a8, with or without bits for keys and values',
  ],
  [
    'llm.int8-w4a8',
    'llm.int8 gives 8 bits to weights and activations: w8a8, with or without bits for keys and values',
  ],
  ['llm.int8-w8g64a8', 'its scales are for whole rows; leave the group out'],
  ['llm.int8-w8a8-sym', 'llm.int8 has no symmetric grids (sym); it has no optional settings'],
])('supports %s: %s', (id, reason) => expect(llmInt8.supports(parseRecipe(id))).toBe(reason));

test('messages', async () => {
  await expect(run([1, 2], [1, Number.NaN])).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [llm.int8] x: the calibration data made channel 1 of its input NaN or infinite. Check that the 16-bit model runs on the calibration text.]`,
  );
  await expect(run([1, 1e6], [1, 7])).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [llm.int8] x: the weight in row 0, column 1 is 1000000, beyond the largest half-precision number, 65504. Check the checkpoint: weights this large are unusual.]`,
  );
  await expect(run([1, Number.POSITIVE_INFINITY], [1, 7])).rejects.toMatchObject({
    code: 'method/not-finite',
  });
});

describe('damage is told', () => {
  test.each([
    ['1 columns have no codes', { codes: undefined }],
    [
      'column 4 of K = 2 is out of place',
      { columns: { dtype: 'U16', shape: [1], bytes: Uint8Array.of(4, 0) } },
    ],
  ])('%s', async (what, buffers) => {
    const { packed } = await run([1, 2], [1, 7]);
    const damaged = { ...packed, buffers: { ...packed.buffers, ...buffers } } as typeof packed;
    expect(() => dequantize(damaged)).toThrow(`[mixed-columns] packed weights: ${what}.`);
  });
});
