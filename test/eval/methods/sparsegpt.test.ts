import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { sparse } from '../../../eval/formats/sparse.ts';
import { sparseInt } from '../../../eval/formats/sparse-int.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { roundToType } from '../../../eval/math/value-type.ts';
import { gptq } from '../../../eval/methods/gptq.ts';
import { magnitude } from '../../../eval/methods/magnitude.ts';
import type { DenseLinear } from '../../../eval/methods/method.ts';
import { sparsegpt } from '../../../eval/methods/sparsegpt.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { outputError, type Sample, sampleLayer } from './samples.ts';
import { slowSparseGpt } from './slow-sparsegpt.ts';
import { sparseLayout } from './sparse-layout.ts';

testMethod(sparsegpt, {
  recipes: [
    'sparsegpt-s50',
    'sparsegpt-s5-trueseq',
    'sparsegpt-2:4',
    'sparsegpt-1:2-damp0.1',
    'sparsegpt-w4g32-s50',
    'sparsegpt-w3-4:8-sym',
    'sparsegpt-w4g64-2:4-mse',
  ],
  layout: sparseLayout,
});

async function run({ linear, hessian }: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const settings = sparsegpt.fromRecipe(parseRecipe(id));
  const statistics = operations.hessian(hessian);
  const result = await sparsegpt.quantize(linear, settings, { statistics, operations, rng: createRng(0) });
  return { ...result, restored: dequantize(result.packed) };
}

const rowsOf = (values: ArrayLike<number>, K: number) =>
  Array.from({ length: values.length / K }, (_, n) =>
    Array.from({ length: K }, (_none, k) => values[n * K + k]!),
  );

/** As a checkpoint of 16 bits has them. */
function inBfloat16(linear: DenseLinear): DenseLinear {
  return { ...linear, weight: linear.weight.map(roundToType('BF16')) };
}

describe('equals the slow version', () => {
  test.each([
    { id: 'sparsegpt-s50', N: 16, K: 96, percent: 50, block: 128 },
    { id: 'sparsegpt-s37', N: 9, K: 160, percent: 37, block: 128 },
    { id: 'sparsegpt-1:2', N: 12, K: 64, run: { n: 1, m: 2 } },
    { id: 'sparsegpt-2:4', N: 12, K: 160, run: { n: 2, m: 4 } },
    { id: 'sparsegpt-4:8', N: 12, K: 96, run: { n: 4, m: 8 } },
    { id: 'sparsegpt-1:3', N: 12, K: 96, run: { n: 1, m: 3 } },
    { id: 'sparsegpt-w4g32-s50', N: 12, K: 96, percent: 50, block: 128, grid: { bits: 4, group: 32 } },
    { id: 'sparsegpt-w3g64-s30', N: 12, K: 192, percent: 30, block: 128, grid: { bits: 3, group: 64 } },
    { id: 'sparsegpt-w4g96-4:8', N: 12, K: 192, run: { n: 4, m: 8 }, grid: { bits: 4, group: 96 } },
    { id: 'sparsegpt-w4-2:4', N: 12, K: 160, run: { n: 2, m: 4 }, grid: { bits: 4, group: 160 } },
  ])('$id, $N×$K', async ({ id, N, K, percent, run: runs, block = 0, grid = null }) => {
    const sample = sampleLayer(N, K, N + K, [3, 17]);
    const { restored } = await run(sample, id);
    const settings = { percent, run: runs, damping: 0.01, grid, block };
    const slow = slowSparseGpt(
      rowsOf(sample.linear.weight, K),
      rowsOf(sample.hessian.values, K),
      settings,
    ).flat();
    const same = [...restored].filter((value, i) => Math.abs(value - slow[i]!) < 1e-6).length;
    expect(same / slow.length).toBeGreaterThanOrEqual(0.9999);
  });
});

test('two columns by hand', async () => {
  // H = [[2, 1], [1, 1]], no damping: U = [[1, −1], [0, 1]] (Uᵀ·U = H⁻¹). w = [0.5, 1]: scores 0.25 and 1.
  // The first goes: e = 0.5, w₁ = 1 − 0.5·(−1) = 1.5.
  const linear = { name: 'x', weight: Float32Array.of(0.5, 1), N: 1, K: 2 };
  const hessian = new Hessian(Float64Array.of(2, 1, 1, 1), 2);
  for (const id of ['sparsegpt-s50-damp0', 'sparsegpt-1:2-damp0']) {
    const { restored, hessianLoss } = await run({ linear, hessian }, id);
    expect([...restored]).toEqual([0, 1.5]);
    expect(hessianLoss).toBeCloseTo(0.25, 15);
  }
});

test('at 0 % it is the dense matrix, and with bits it is GPTQ', async () => {
  const sample = sampleLayer(8, 160, 2);
  for (const linear of [sample.linear, inBfloat16(sample.linear)]) {
    const { restored, hessianLoss } = await run({ ...sample, linear }, 'sparsegpt-s0');
    expect(restored).toEqual(linear.weight);
    expect(hessianLoss).toBe(0);
  }
  const { packed } = await run(sample, 'sparsegpt-w4g32-s0');
  const statistics = operations.hessian(sample.hessian);
  const settings = gptq.fromRecipe(parseRecipe('gptq-w4g32'));
  const dense = await gptq.quantize(sample.linear, settings, { statistics, operations, rng: createRng(0) });
  expect(dequantize(packed)).toEqual(dequantize(dense.packed));
});

describe('the ratio is exact', () => {
  test.each([5, 20, 33.3, 50, 80])('%d %% of the matrix', async (percent) => {
    const { packed } = await run(sampleLayer(10, 300, 3), `sparsegpt-s${percent}`);
    const { kept } = sparse.unpack(packed);
    expect(kept.filter((keep) => keep === 0)).toHaveLength(Math.round(30 * percent));
  });

  test.each([
    ['sparsegpt-1:2', 1, 2],
    ['sparsegpt-2:4', 2, 4],
    ['sparsegpt-w4g64-2:4', 2, 4],
    ['sparsegpt-4:8', 4, 8],
    ['sparsegpt-8:16', 8, 16],
    ['sparsegpt-3:5', 3, 5],
  ])('%s: %i of every %i', async (id, n, m) => {
    const { packed } = await run(sampleLayer(6, 320, 4), id);
    const { kept } = packed.format === 'sparse' ? sparse.unpack(packed) : sparseInt.unpack(packed);
    for (let from = 0; from < kept.length; from += m)
      expect(kept.subarray(from, from + m).filter((keep) => keep === 0)).toHaveLength(n);
  });
});

test('kept weights have the type of the checkpoint', async () => {
  const sample = sampleLayer(6, 64, 5);
  const typeOf = async (linear: DenseLinear) =>
    (await run({ ...sample, linear }, 'sparsegpt-s50')).packed.buffers.values!.dtype;
  expect(await typeOf(inBfloat16(sample.linear))).toBe('BF16');
  expect(await typeOf({ ...sample.linear, weight: sample.linear.weight.map(Math.f16round) })).toBe('F16');
  expect(await typeOf(sample.linear)).toBe('F32');
});

test('its output error is below that of pruning by magnitude, and falls with less sparsity', async () => {
  for (let seed = 20; seed < 26; seed++) {
    const sample = sampleLayer(12, 96, seed);
    const errorOf = async (id: string) => outputError(sample, (await run(sample, id)).restored);
    const settings = magnitude.fromRecipe(parseRecipe('magnitude-s50'));
    const context = { statistics: null, operations, rng: createRng(0) };
    const { packed } = await magnitude.quantize(sample.linear, settings, context);
    const half = await errorOf('sparsegpt-s50');
    expect(half).toBeLessThan(outputError(sample, dequantize(packed)));
    expect(await errorOf('sparsegpt-s20')).toBeLessThan(half);
    expect(half).toBeLessThan(await errorOf('sparsegpt-2:4'));
  }
});

test('what had to be done differently is noted', async () => {
  const sample = sampleLayer(4, 64, 5, [7, 9]);
  const dead = await run(sample, 'sparsegpt-2:4');
  for (let n = 0; n < 4; n++) for (const k of [7, 9]) expect(dead.restored[n * 64 + k]).toBe(0);
  const linear = { name: 'model.layers.3.mlp.up_proj', weight: Float32Array.of(0.3, -0.2), N: 1, K: 2 };
  const pair = (off: number) => ({ linear, hessian: new Hessian(Float64Array.of(1, off, off, 1), 2) });
  const raised = await run(pair(1.5), 'sparsegpt-s50');
  const refused = await run(pair(1e5), 'sparsegpt-s50');
  const empty = await run({ linear, hessian: new Hessian(new Float64Array(4), 2) }, 'sparsegpt-1:2');
  expect([...dead.notes, ...raised.notes, ...refused.notes, ...empty.notes]).toMatchInlineSnapshot(`
    [
      "model.layers.0.mlp.up_proj: 2 inputs were zero in all calibration data; their weights are zero now.",
      "model.layers.3.mlp.up_proj: the Hessian is not positive definite at a damping of 0.01; 1 was used.",
      "model.layers.3.mlp.up_proj: the Hessian has no factor up to a damping of 10000; pruned by the size of its weights alone instead.",
      "model.layers.3.mlp.up_proj: all its inputs were zero, or none came, in the calibration data; pruned by the size of its weights alone instead.",
    ]
  `);
  for (const { restored, hessianLoss } of [refused, empty]) {
    expect([...restored]).toEqual([Math.fround(0.3), 0]);
    expect(hessianLoss).toBeNull();
  }
});

test('groups and runs must fit each other', async () => {
  const sample = sampleLayer(4, 96, 5);
  await expect(run(sample, 'sparsegpt-w4g12-4:8')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[BitlossError: [sparsegpt] model.layers.0.mlp.up_proj: groups of 12 columns begin inside the runs of 8 from which 4 weights are removed. Use a group size that 8 divides, such as 128.]`,
  );
  await expect(
    run({ ...sample, hessian: sampleLayer(1, 32, 1).hessian }, 'sparsegpt-s50'),
  ).rejects.toMatchObject({
    code: 'method/hessian-shape',
  });
});

test.each([
  ['sparsegpt-s50-damp2', 'a damping of 2 is above 1'],
  [
    'sparsegpt-s50-actorder',
    'sparsegpt has no column order (actorder); its settings are: sparsity, symmetric grids (sym), range conventions (minmax, free), range search (mse), order of calibration inside a block (trueseq), damping (damp)',
  ],
  ['sparsegpt-w4g128a8-2:4', null],
])('supports %s: %s', (id, expected) => expect(sparsegpt.supports(parseRecipe(id))).toBe(expected));
