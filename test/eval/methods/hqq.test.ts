import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { floatZeros } from '../../../eval/formats/float-zeros.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { hqq } from '../../../eval/methods/hqq.ts';
import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { FLOAT_ZEROS } from './layouts.ts';
import { sampleLayer } from './samples.ts';
import { slowHalfQuadratic } from './slow-groups.ts';

const recipes = [8, 5, 4, 3, 2, 1].map((bits) => `hqq-w${bits}g32`);

testMethod(hqq, { recipes: [...recipes, 'hqq-w4'], layout: FLOAT_ZEROS });

const context = () => ({ statistics: null, operations, rng: createRng(0) });

/** Σ|w − ŵ|^0.7. */
const normOf = (weight: Float32Array, restored: Float32Array) =>
  weight.reduce((sum, value, i) => sum + Math.abs(value - restored[i]!) ** 0.7, 0);

/** Normal weights with a few that are far off, in one row all above 0. */
function unevenLayer(seed: number) {
  const { linear } = sampleLayer(16, 128, seed);
  const weight = linear.weight.map((w, i) => (i % 97 === 0 ? 8 * w : i < 128 ? Math.abs(w) + 0.02 : w));
  return { ...linear, weight };
}

describe.each([1, 2, 3, 4, 8])('%i bits', (bits) => {
  test('every group equals a slow version, and is not worse than where it started', async () => {
    const linear = unevenLayer(bits);
    const { packed } = await hqq.quantize(linear, { bits, group: 64 }, context());
    const { codes, scales, zeros } = floatZeros.unpack(packed);
    const restored = floatZeros.dequantize(packed);
    for (const g of scales.keys()) {
      const values = linear.weight.slice(g * 64, (g + 1) * 64);
      const expected = slowHalfQuadratic([...values], bits);
      expect(scales[g]).toBe(expected.scale);
      expect(zeros[g]).toBe(expected.zero);
      expect([...codes.slice(g * 64, (g + 1) * 64)]).toEqual(expected.codes);
      expect(normOf(values, restored.slice(g * 64, (g + 1) * 64))).toBeLessThanOrEqual(
        expected.first * (1 + 1e-6),
      );
    }
  });

  test('Σ|w − ŵ|^0.7 is not above that of rounding to nearest', async () => {
    if (bits === 1) return expect(rtn.supports(parseRecipe('rtn-w1g64'))).toMatch(/1-bit/);
    for (let seed = 0; seed < 8; seed++) {
      const linear = unevenLayer(seed);
      const own = await hqq.quantize(linear, { bits, group: 64 }, context());
      for (const range of ['', '-minmax', '-free']) {
        const rule = rtn.fromRecipe(parseRecipe(`rtn-w${bits}g64${range}`));
        const nearest = await rtn.quantize(linear, rule, context());
        expect(normOf(linear.weight, dequantize(own.packed))).toBeLessThanOrEqual(
          normOf(linear.weight, dequantize(nearest.packed)),
        );
      }
    }
  });
});

test('the numbers of a group by hand', async () => {
  // Scale (1.5 − 0) / 3 = 0.5 and zero 0 fit all four exactly.
  const linear = { name: 'x', weight: Float32Array.of(0, 0.5, 1, 1.5), N: 1, K: 4 };
  const { packed } = await hqq.quantize(linear, { bits: 2, group: 4 }, context());
  expect(floatZeros.unpack(packed)).toMatchObject({
    codes: Uint8Array.of(0, 1, 2, 3),
    scales: Float32Array.of(0.5),
    zeros: Float32Array.of(0),
  });
  // Codes of 2 bits, a scale and a zero of 16.
  expect(packedBytes(packed)).toBe(1 + 2 + 2);
});

test('groups far from 0 keep a zero that half precision can hold', async () => {
  const weight = Float32Array.from({ length: 64 }, (_, i) => 3000 + 1e-3 * i);
  const linear = { name: 'x', weight, N: 1, K: 64 };
  const restored = floatZeros.dequantize(
    (await hqq.quantize(linear, { bits: 4, group: 64 }, context())).packed,
  );
  for (const value of restored) expect(Math.abs(value - 3000)).toBeLessThan(3);
});

test.each([
  ['hqq-w4g64', null],
  ['hqq-w1g64', null],
  ['hqq-w8', null],
  ['hqq-w9', '9-bit weights are not supported; 1 to 8 whole bits are'],
  ['hqq-w1.5', '1.5-bit weights are not supported; 1 to 8 whole bits are'],
  ['hqq-kv4', 'hqq compresses weights, and the recipe gives no bits for them'],
  ['hqq-w4gx', 'the recipe leaves the group size open'],
  ['hqq-w4-mse', 'hqq has no range search (mse); it has no optional settings'],
])('supports %s: %s', (id, reason) => expect(hqq.supports(parseRecipe(id))).toBe(reason));

test('messages', async () => {
  const linear = { name: 'x', weight: Float32Array.of(1, 1e7, -1e7, 4), N: 1, K: 4 };
  await expect(
    hqq.quantize(linear, { bits: 2, group: 4 }, context()),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [hqq] x: group 0 of row 0 needs a scale beyond the largest half-precision number, 65504. Use more bits or smaller groups, or check the checkpoint: weights this large are unusual.]`,
  );
});
