import { expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { magnitude } from '../../../eval/methods/magnitude.ts';

import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { sampleLayer } from './samples.ts';
import { sparseLayout } from './sparse-layout.ts';

const recipes = [
  'magnitude-s50',
  'magnitude-s12.5',
  'magnitude-1:2',
  'magnitude-2:4',
  'magnitude-w4g32-4:8',
  'magnitude-w3g64-s30-sym',
];

testMethod(magnitude, { recipes, layout: sparseLayout });

const context = { statistics: null, operations, rng: createRng(0) };

async function run(weight: Float32Array, N: number, K: number, id: string) {
  const settings = magnitude.fromRecipe(parseRecipe(id));
  const { packed } = await magnitude.quantize({ name: 'x', weight, N, K }, settings, context);
  return [...dequantize(packed)];
}

test('the smallest of the whole matrix go, by hand', async () => {
  const weight = Float32Array.of(3, -1, 2, 5, 1, -4, 6, 8);
  expect(await run(weight, 2, 4, 'magnitude-s50')).toEqual([0, 0, 0, 5, 0, -4, 6, 8]);
  expect(await run(weight, 2, 4, 'magnitude-2:4')).toEqual([3, 0, 0, 5, 0, 0, 6, 8]);
  // Of the two weights of size 1 the first goes.
  expect(await run(weight, 2, 4, 'magnitude-s12.5')).toEqual([3, 0, 2, 5, 1, -4, 6, 8]);
  expect(await run(weight, 2, 4, 'magnitude-s0')).toEqual([...weight]);
});

test('with bits: rounding to nearest of what is left', async () => {
  const { linear } = sampleLayer(4, 64, 3);
  const left = Float32Array.from(await run(linear.weight, 4, 64, 'magnitude-s50'));
  const { packed } = await rtn.quantize(
    { ...linear, weight: left },
    rtn.fromRecipe(parseRecipe('rtn-w4g32')),
    context,
  );
  const expected = [...dequantize(packed)].map((value, i) => (left[i] === 0 ? 0 : value));
  expect(await run(linear.weight, 4, 64, 'magnitude-w4g32-s50')).toEqual(expected);
});

test.each([
  ['magnitude', 'magnitude removes weights, and the recipe does not say how many: add s50 or 2:4'],
  [
    'magnitude-s100',
    'a share of 100 % leaves no weight; 0 to below 100 % can be removed, and studies go up to 80',
  ],
  [
    'magnitude-4:4',
    '4 of every 4 weights cannot be removed; the first number must be below the second, and that at most 128, as in 2:4',
  ],
  [
    'magnitude-s50-sym',
    'sym, mse and range conventions are for integers, and the recipe gives no bits for any',
  ],
  [
    'magnitude-s50-trueseq',
    'magnitude has no order of calibration inside a block (trueseq); its settings are: sparsity, symmetric grids (sym), range conventions (minmax, free), range search (mse)',
  ],
  ['magnitude-w1-s50', '1-bit weights are not supported; 2 to 8 whole bits are'],
  ['magnitude-a8kv4-s50', null],
])('supports %s: %s', (id, expected) => expect(magnitude.supports(parseRecipe(id))).toBe(expected));

test('a run that does not divide a row is refused before any work, with what fits', () => {
  const check = (id: string, K: number) => () =>
    magnitude.check({ name: 'model.layers.0.mlp.up_proj', N: 4, K }, magnitude.fromRecipe(parseRecipe(id)));
  expect(check('magnitude-4:8', 68)).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [magnitude] model.layers.0.mlp.up_proj: 4 of every 8 weights of a row cannot be removed, since 8 does not divide K = 68. Use 1:2 or 2:4 or s50, which has no pattern.]`,
  );
  expect(check('magnitude-1:3', 64)).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [magnitude] model.layers.0.mlp.up_proj: 1 of every 3 weights of a row cannot be removed, since 3 does not divide K = 64. Use s33.33, which has no pattern.]`,
  );
});
