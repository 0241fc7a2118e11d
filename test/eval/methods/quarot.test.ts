import { expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { describePrecision } from '../../../eval/engines/describe-precision.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { inputRotationOf, withInputRotation } from '../../../eval/formats/input-rotation.ts';
import { intGrouped } from '../../../eval/formats/int-grouped.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { ROTATION_SEED, signAt } from '../../../eval/math/rotation.ts';
import { methodFor, precisionFor } from '../../../eval/methods/index.ts';
import { quarot } from '../../../eval/methods/quarot.ts';
import { quarotRtn } from '../../../eval/methods/quarot-rtn.ts';
import { cpuOperations } from '../../../eval/operations/cpu.ts';
import { declaredBytes, testMethod } from '../../contracts/method.ts';
import { outputError, sampleLayer } from './samples.ts';
import { slowGptq } from './slow-gptq.ts';

const layout = {
  repack: (packed: Parameters<typeof dequantize>[0]) =>
    withInputRotation(intGrouped.pack(intGrouped.unpack(packed)), inputRotationOf(packed) ?? -1),
  bytes: declaredBytes,
};
testMethod(quarot, { recipes: ['quarot-w4a4', 'quarot-w3g32', 'quarot-w4g16-actorder-mse'], layout });
testMethod(quarotRtn, { recipes: ['quarot-rtn-w4a4', 'quarot-rtn-w2g32', 'quarot-rtn-w8-mse'], layout });

/** R column by column from its definition: signs times Hadamard, for 64 columns. */
function slowR(K: number): number[][] {
  const parity = (bits: number) => bits.toString(2).replaceAll('0', '').length % 2;
  const sign = (k: number) => signAt(ROTATION_SEED, k);
  return Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_, j) => (sign(i) * (parity(i & j) === 1 ? -1 : 1)) / Math.sqrt(K)),
  );
}

const times = (a: number[][], b: number[][]) =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const rowsOf = (values: ArrayLike<number>, K: number) =>
  Array.from({ length: values.length / K }, (_, n) =>
    Array.from({ length: K }, (_, k) => values[n * K + k]!),
  );

test('is GPTQ of W·R with Rᵀ·H·R, turned back', async () => {
  const K = 64;
  const sample = sampleLayer(6, K, 3);
  const R = slowR(K);
  const turnedBack = R[0]!.map((_, i) => R.map((row) => row[i]!));
  const weight = times(rowsOf(sample.linear.weight, K), R).map((row) => row.map(Math.fround));
  const hessian = times(turnedBack, times(rowsOf(sample.hessian.values, K), R));
  const grid = { bits: 3, group: 32, symmetric: true, range: 'minmax', damping: 0.01 } as const;
  const slow = slowGptq(weight, hessian, { ...grid, actOrder: false, staticGroups: false });
  const settings = quarot.fromRecipe(parseRecipe('quarot-w3g32'));
  const statistics = cpuOperations.hessian(sample.hessian);
  const context = { statistics, operations: cpuOperations, rng: createRng(0) };
  const { packed } = await quarot.quantize(sample.linear, settings, context);
  expect(rowsOf(intGrouped.unpack(packed).codes, K)).toEqual(slow.codes);
  const expected = times(slow.restored, turnedBack).flat();
  expect(dequantize(packed).every((value, i) => Math.abs(value - expected[i]!) < 1e-6)).toBe(true);
  // The same Hessian again is the one that is kept.
  expect(await statistics.rotated(ROTATION_SEED)).toBe(await statistics.rotated(ROTATION_SEED));
  expect((await statistics.toHost()).values).toEqual(sample.hessian.values);
});

test('loses less than the same grid without a rotation, where inputs stand out', async () => {
  for (let seed = 0; seed < 5; seed++) {
    const sample = sampleLayer(16, 96, seed);
    // A few columns of weights stand out too.
    for (let n = 0; n < 16; n++) for (const k of [5, 50]) sample.linear.weight[n * 96 + k]! *= 30;
    const error = async (id: string) => {
      const recipe = parseRecipe(id);
      const method = methodFor(recipe);
      const context = { statistics: null, operations: cpuOperations, rng: createRng(0) };
      const { packed } = await method.quantize(sample.linear, method.fromRecipe(recipe), context);
      return outputError(sample, dequantize(packed));
    };
    expect(await error('quarot-rtn-w4')).toBeLessThan(await error('rtn-w4-sym-minmax'));
  }
});

test('a recipe as precision', () => {
  expect(describePrecision(precisionFor(parseRecipe('quarot-w4a4kv4g16')))).toEqual([
    'The inputs of all compressed linears are rounded to 4 bits, one symmetric grid over 0.9 of the range behind a rotation with seed 0 a token.',
    'Keys and values are rounded to 4 bits, one grid over 0.95 of the range behind a rotation with seed 0 a token, head and 16 neighbouring numbers.',
  ]);
  expect(precisionFor(parseRecipe('quarot-rtn-w8a8')).activations).toMatchObject({ clip: 1, rotation: 0 });
});

test.each([
  ['quarot-w4a4', null],
  ['quarot-kv4', null],
  ['quarot-w4g128a4kv4-actorder', null],
  ['quarot-rtn-w4a4-mse', null],
  ['quarot-w4a4-sym', 'quarot rounds weights and activations symmetrically in any case; leave "sym" out'],
  ['quarot-w4a9', '9-bit activations are not supported; 2 to 8 whole bits are, and 16 for none'],
  ['quarot-w1', '1-bit weights are not supported; 2 to 8 whole bits are'],
  ['quarot-w4gx', 'the recipe leaves the group size open'],
  ['quarot', 'quarot is given no bits for anything'],
  ['quarot-w4-damp2', 'a damping of 2 is above 1'],
  [
    'quarot-rtn-w4-actorder',
    'quarot-rtn has no column order (actorder); its settings are: range search (mse)',
  ],
])('supports %s: %s', (id, reason) => {
  const recipe = parseRecipe(id);
  expect((recipe.method === 'quarot' ? quarot : quarotRtn).supports(recipe)).toBe(reason);
});

test('a seed that is none', () => {
  const packed = { format: 'int-grouped', N: 1, K: 2, attributes: { rotationSeed: 'x' }, buffers: {} };
  expect(() => inputRotationOf(packed)).toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [int-grouped] packed weights: rotationSeed is "x", expected a whole number. Delete the compressed model; it will be made again.]`,
  );
});
