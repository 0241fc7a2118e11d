import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { intGrouped } from '../../../eval/formats/int-grouped.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { findMethod, methodFor } from '../../../eval/methods/index.ts';
import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { sampleLayer } from './samples.ts';
import { codeOf, findGrid } from './slow-gptq.ts';

const recipes = [
  'rtn-w4g32',
  'rtn-w2g64-minmax',
  'rtn-w3-free',
  'rtn-w8-sym',
  'rtn-w5g32-sym-minmax',
  'rtn-w6g64-sym-free-mse',
];

testMethod(rtn, { recipes });

const context = () => ({ statistics: null, operations, rng: createRng(0) });

const run = async (weight: number[], id: string, N = 1) => {
  const linear = { name: 'x', weight: Float32Array.from(weight), N, K: weight.length / N };
  return (await rtn.quantize(linear, rtn.fromRecipe(parseRecipe(id)), context())).packed;
};

describe('2 bits by hand', () => {
  const third = Math.f16round(2 / 3); // 0.66650390625
  test.each<[string, number[], number[]]>([
    // scale 0.5, zero 1: w/0.5 = −1, 0.5, 2, 0 → −1, 0 (even), 2, 0.
    ['rtn-w2', [-0.5, 0.25, 1, 0], [-0.5, 0, 1, 0]],
    // Range [0, 2], scale 2/3, zero 0: 0.75, 1.5004, 3.0007, 2.25 → 1, 2, 3, 2.
    ['rtn-w2', [0.5, 1, 2, 1.5], [third, 2 * third, 3 * third, 2 * third]],
    // a = 1, scale 2/3, zero 2: −0.75, 0.375, 1.5004 → −1, 0, 2, the last clamped to 1.
    ['rtn-w2-sym', [-0.5, 0.25, 1, 0], [-third, 0, third, 0]],
    ['rtn-w2-minmax', [-0.5, 0.25, 1, 0], [-0.5, 0, 1, 0]],
    // Range [0.5, 2], scale 0.5, zero −1 clamped to 0: codes 1, 2, 4 clamped to 3, 3.
    ['rtn-w2-minmax', [0.5, 1, 2, 1.5], [0.5, 1, 1.5, 1.5]],
    // scale 1, zero 2: −0.5 → 0 (even), 0.25 → 0, 1 → 1.
    ['rtn-w2-sym-minmax', [-0.5, 0.25, 1, 0], [0, 0, 1, 0]],
    // scale 0.5, zero −1: codes 0, 1, 3, 2.
    ['rtn-w2-free', [0.5, 1, 2, 1.5], [0.5, 1, 2, 1.5]],
    ['rtn-w2-sym-free', [-0.5, 0.25, 1, 0], [0, 0, 1, 0]],
    // Two groups of two: scales 1 and 2/3·… = 3/3 and 6/3.
    ['rtn-w2g2', [3, 1, -6, 0], [3, 1, -6, 0]],
  ])('%s of %j', async (id, weight, expected) => {
    expect([...intGrouped.dequantize(await run(weight, id))].map((x) => x + 0)).toEqual(expected);
  });
});

const grids = (['zero', 'minmax', 'free'] as const).flatMap((range) =>
  [false, true].flatMap((symmetric) => [2, 3, 4, 5, 6, 7, 8].map((bits) => ({ range, symmetric, bits }))),
);

test.each(grids)(
  'every code equals a slow version: $range, symmetric $symmetric, $bits bits',
  async ({ range, symmetric, bits }) => {
    const { weight, N, K } = sampleLayer(24, 96, bits).linear;
    for (const group of [32, 48, 96]) {
      const settings = { bits, group, symmetric, range, mse: false };
      const linear = { name: 'x', weight, N, K };
      const { codes } = intGrouped.unpack((await rtn.quantize(linear, settings, context())).packed);
      const expected = [];
      for (let at = 0; at < N * K; at += group) {
        const values = [...weight.subarray(at, at + group)];
        const grid = findGrid(values, settings);
        expected.push(...values.map((value) => codeOf(value, grid, bits)));
      }
      expect([...codes]).toEqual(expected);
    }
  },
);

const SETTINGS =
  'its settings are: symmetric grids (sym), range conventions (minmax, free), range search (mse)';

test.each([
  ['rtn-w4g128', null],
  ['rtn-w2-sym-free-mse', null],
  ['rtn-w4g32-minmax', null],
  ['rtn-kv4', null],
  ['rtn-kv4g32-minmax', null],
  ['rtn-w4a8', null],
  ['rtn-w4a8kv4', null],
  ['rtn-w4a9', '9-bit activations are not supported; 2 to 8 whole bits are, and 16 for none'],
  ['rtn-kv4-mse', 'range search (mse) is for weights, and it leaves weights alone'],
  [
    'rtn-kv4-sym',
    'symmetric grids are for weights and activations; keys and values are rounded asymmetrically only',
  ],
  ['rtn-w4-2:4', `rtn has no sparsity; ${SETTINGS}`],
  ['rtn', 'rtn is given no bits for anything'],
  ['rtn-w1', '1-bit weights are not supported; 2 to 8 whole bits are'],
  ['rtn-w2.5', '2.5-bit weights are not supported; 2 to 8 whole bits are'],
  ['rtn-w16', '16-bit weights are not supported; 2 to 8 whole bits are'],
  ['rtn-w4gx', 'the recipe leaves the group size open'],
  ['rtn-w4-@q4_k_m', `rtn has no sub-type of another tool (@); ${SETTINGS}`],
  ['rtn-w4-actorder', `rtn has no column order (actorder); ${SETTINGS}`],
  [
    'rtn-w4-static-compat',
    `rtn has no static groups (static), no compatibility with published code (compat); ${SETTINGS}`,
  ],
  ['rtn-w4-damp0.1', `rtn has no damping (damp); ${SETTINGS}`],
])('supports %s: %s', (id, reason) => expect(rtn.supports(parseRecipe(id))).toBe(reason));

test('group numbers fit 16 bits', () => {
  const settings = rtn.fromRecipe(parseRecipe('rtn-w4g1'));
  expect(() => rtn.check({ name: 'x', N: 1, K: 65_536 }, settings)).not.toThrow();
  const refusal = expect.objectContaining({ code: 'method/group-count' });
  expect(() => rtn.check({ name: 'x', N: 1, K: 65_537 }, settings)).toThrow(refusal);
});

test('messages', async () => {
  await expect(run(new Array(4096).fill(0), 'rtn-w4g96')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [rtn] x: group size 96 does not divide K = 4096. Use a divisor such as 64 or 128.]`,
  );
  await expect(run([1, 2, 3, 4, 5], 'rtn-w4g2')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [rtn] x: group size 2 does not divide K = 5. Use -1, one group per row.]`,
  );
  await expect(run([1, 2, 3, Number.NaN, 5, 6], 'rtn-w4', 2)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [rtn] x: the weight in row 1, column 0 is NaN, which has no place on an integer grid. Check the checkpoint; a weight file with NaN or infinite values is damaged or was saved after a diverged training.]`,
  );
  await expect(run([1, 2, 3e6, 4], 'rtn-w4g2')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [rtn] x: group 1 of row 0 needs a scale beyond the largest half-precision number, 65504. Use more bits or smaller groups, or check the checkpoint: weights this large are unusual.]`,
  );
  await expect(
    rtn.quantize(
      { name: 'x', weight: new Float32Array(3), N: 2, K: 2 },
      rtn.fromRecipe(parseRecipe('rtn-w4')),
      context(),
    ),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [rtn] x: a matrix of N = 2 rows and K = 2 columns needs 4 weights, got 3. Check that the config belongs to this checkpoint.]`,
  );
  expect(() => findMethod('gtpq')).toThrow(
    '[methods] unknown method "gtpq". Did you mean "gptq"? Known: rtn, gptq',
  );
  expect(() => methodFor(parseRecipe('rtn-kv1'))).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [methods] rtn-kv1: 1-bit keys and values are not supported; 2 to 8 whole bits are, and 16 for none. Choose another recipe.]`,
  );
  expect(methodFor(parseRecipe('rtn-w4'))).toBe(rtn);
});
