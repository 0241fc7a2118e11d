import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { intGrouped } from '../../../eval/formats/int-grouped.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { gptq } from '../../../eval/methods/gptq.ts';
import { rtn } from '../../../eval/methods/rtn.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { outputError, type Sample, sampleLayer } from './samples.ts';
import { slowGptq } from './slow-gptq.ts';

const recipes = [
  'gptq-w4g32',
  'gptq-w3g64-sym-minmax',
  'gptq-w2-free',
  'gptq-w8g64-actorder',
  'gptq-w5g32-actorder-static-mse',
];

testMethod(gptq, { recipes, beatsRoundingToNearest: true });

async function run({ linear, hessian }: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const settings = gptq.fromRecipe(parseRecipe(id));
  const statistics = operations.hessian(hessian);
  const result = await gptq.quantize(linear, settings, { statistics, operations, rng: createRng(0) });
  return { ...result, settings, codes: intGrouped.unpack(result.packed).codes };
}

const rowsOf = (values: ArrayLike<number>, K: number) =>
  Array.from({ length: values.length / K }, (_, n) => Array.from({ length: K }, (_, k) => values[n * K + k]));

describe('codes equal those of the slow version', () => {
  const counts = { codes: 0, different: 0, afterTie: 0 };
  const options = [
    '',
    '-sym',
    '-actorder',
    '-actorder-static',
    '-static',
    '-sym-minmax-actorder',
    '-minmax',
    '-free',
    '-free-actorder-static',
  ];
  const shapes = [
    { N: 32, K: 64, group: 'g32' },
    { N: 24, K: 160, group: 'g32' },
    { N: 16, K: 192, group: 'g64' },
    { N: 16, K: 256, group: 'g128' },
    { N: 12, K: 192, group: 'g96' },
    { N: 12, K: 320, group: 'g160' },
    { N: 32, K: 65, group: '' },
    { N: 24, K: 200, group: '' },
  ];
  const cases = shapes.flatMap(({ N, K, group }, s) =>
    options
      .filter((option, o) => (group !== '' || !option.includes('static')) && (K < 200 || (s + o) % 2 === 0))
      .map((option, o) => ({ N, K, seed: 100 * s + o, id: `gptq-w${2 + ((s + o) % 7)}${group}${option}` })),
  );

  test.each(cases)('$id, $N×$K', async ({ N, K, seed, id }) => {
    const sample = sampleLayer(N, K, seed, seed % 3 === 0 ? [0, 5, K - 1] : []);
    const { codes, packed, settings } = await run(sample, id);
    const restored = intGrouped.dequantize(packed);
    const slow = slowGptq(rowsOf(sample.linear.weight, K), rowsOf(sample.hessian.values, K), settings);
    for (let n = 0; n < N; n++) {
      const differing = slow.order.filter((k) => slow.codes[n][k] !== codes[n * K + k]);
      counts.codes += K;
      if (differing.length === 0)
        expect([...restored.subarray(n * K, (n + 1) * K)]).toEqual(slow.restored[n]);
      counts.different += differing.length;
      // Both compute in doubles: the first difference of a row must be a rounding tie; the rest of the row follows from it.
      if (differing.length > 0 && slow.margin[n][differing[0]] < 1e-9) counts.afterTie += differing.length;
    }
    expect(counts.afterTie).toBe(counts.different);
  });

  test('on at least 99.99 % of all weights', () => {
    expect(counts.codes).toBeGreaterThan(100_000);
    expect(1 - counts.different / counts.codes).toBeGreaterThanOrEqual(0.9999);
  });
});

test('two columns by hand', async () => {
  // H = [[2, 1], [1, 1]], no damping: H⁻¹ = [[1, −1], [−1, 2]], U = [[1, −1], [0, 1]] (Uᵀ·U = H⁻¹).
  // w = [0.7, 1]; 2 bits, range [0, 1]: scale f16(1/3) = 0.333251953125, zero 0.
  // Step 0: 0.7/0.33325 = 2.1005 → 2, ŵ = 0.66650390625, e = 0.03349609375 / 1.
  // Step 1: w₁ = 1 − e·(−1) = 1.03349609375 → 3.1012 → 3.
  const linear = { name: 'x', weight: Float32Array.of(0.7, 1), N: 1, K: 2 };
  const sample = { linear, hessian: new Hessian(Float64Array.of(2, 1, 1, 1), 2) };
  const { codes, hessianLoss } = await run(sample, 'gptq-w2-damp0');
  expect([...codes]).toEqual([2, 3]);
  const scale = 0.333251953125;
  const first = Math.fround(0.7) - 2 * scale;
  expect(hessianLoss).toBeCloseTo(first ** 2 + (1 + first - 3 * scale) ** 2, 15);
});

test('the loss is the weighted error with the damped Hessian', async () => {
  const sample = sampleLayer(6, 160, 9);
  const { packed, hessianLoss } = await run(sample, 'gptq-w3g32');
  const damped = Float64Array.from(sample.hessian.values);
  let mean = 0;
  for (let k = 0; k < 160; k++) mean += damped[k * 161] / 160;
  for (let k = 0; k < 160; k++) damped[k * 161] += 0.01 * mean;
  const error = outputError({ ...sample, hessian: new Hessian(damped, 160) }, intGrouped.dequantize(packed));
  expect(hessianLoss! / error).toBeCloseTo(1, 5);
});

test('a raised damping and a fall back to rounding are noted', async () => {
  const linear = { name: 'model.layers.3.mlp.up_proj', weight: Float32Array.of(0.3, -0.2), N: 1, K: 2 };
  const raised = await run({ linear, hessian: new Hessian(Float64Array.of(1, 1.5, 1.5, 1), 2) }, 'gptq-w4');
  expect(raised.notes).toMatchInlineSnapshot(`
    [
      "model.layers.3.mlp.up_proj: the Hessian is not positive definite at a damping of 0.01; 1 was used.",
    ]
  `);
  const refused = await run({ linear, hessian: new Hessian(Float64Array.of(1, 1e5, 1e5, 1), 2) }, 'gptq-w4');
  expect(refused.notes).toMatchInlineSnapshot(`
    [
      "model.layers.3.mlp.up_proj: the Hessian has no factor up to a damping of 10000; rounded to nearest instead.",
    ]
  `);
  expect(refused.hessianLoss).toBeNull();
  const nearest = await rtn.quantize(linear, rtn.fromRecipe(parseRecipe('rtn-w4')), {
    statistics: null,
    operations,
    rng: createRng(0),
  });
  expect(refused.packed).toEqual(nearest.packed);
});

test('weights of dead inputs become zero and are noted', async () => {
  const sample = sampleLayer(4, 64, 5, [7, 9]);
  const { packed, notes } = await run(sample, 'gptq-w4g32');
  const restored = intGrouped.dequantize(packed);
  for (let n = 0; n < 4; n++) for (const k of [7, 9]) expect(restored[n * 64 + k] + 0).toBe(0);
  expect(notes).toMatchInlineSnapshot(`
    [
      "model.layers.0.mlp.up_proj: 2 inputs were zero in all calibration data; their weights are zero now.",
    ]
  `);
});

test('a layer that saw no calibration data is rounded to nearest and noted', async () => {
  const { linear } = sampleLayer(4, 64, 5);
  const { packed, hessianLoss, notes } = await run(
    { linear, hessian: new Hessian(new Float64Array(64 * 64), 64) },
    'gptq-w4g32',
  );
  const settings = rtn.fromRecipe(parseRecipe('rtn-w4g32'));
  const nearest = await rtn.quantize(linear, settings, { statistics: null, operations, rng: createRng(0) });
  expect(packed).toEqual(nearest.packed);
  expect(hessianLoss).toBeNull();
  expect(notes).toMatchInlineSnapshot(`
    [
      "model.layers.0.mlp.up_proj: all its inputs were zero, or none came, in the calibration data; rounded to nearest instead.",
    ]
  `);
});

test('act-order stores groups only where columns left their place', async () => {
  const sample = sampleLayer(4, 64, 6);
  expect((await run(sample, 'gptq-w4g32-actorder')).packed.buffers.groups?.dtype).toBe('U16');
  expect((await run(sample, 'gptq-w4g32-actorder-static')).packed.buffers.groups).toBeUndefined();
  expect((await run(sample, 'gptq-w4-actorder')).packed.buffers.groups).toBeUndefined();
  expect((await run(sample, 'gptq-w4g32')).packed.buffers.groups).toBeUndefined();
});

test('statistics of another width are refused', async () => {
  const { linear } = sampleLayer(2, 64, 1);
  await expect(
    run({ linear, hessian: sampleLayer(1, 32, 1).hessian }, 'gptq-w4g32'),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [gptq] model.layers.0.mlp.up_proj: the matrix has K = 64 columns, but its calibration statistics have 32. This is a fault of the engine or of the architecture description; please report it.]`,
  );
});

test.each([
  [
    'gptq-w4-static',
    'static groups mean nothing with one group per row, whose grid is always fitted on the original weights',
  ],
  ['gptq-w4g128-damp2', 'a damping of 2 is above 1'],
  ['gptq-w4g128a8', null],
  ['gptq-kv4', 'gptq compresses weights, and the recipe gives no bits for them'],
  ['gptq-w4g128', null],
  ['gptq-w3g128-sym-minmax-actorder-static-mse-damp0.1', null],
])('supports %s: %s', (id, reason) => expect(gptq.supports(parseRecipe(id))).toBe(reason));
