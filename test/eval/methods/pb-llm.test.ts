import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { partlyBinary } from '../../../eval/formats/partly-binary.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { gptq } from '../../../eval/methods/gptq.ts';
import { pbLlm } from '../../../eval/methods/pb-llm.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { partlyBinaryLayout } from './binary-layouts.ts';
import { type Sample, sampleLayer } from './samples.ts';
import { rowsOf, slowFactor, slowFeedback } from './slow-feedback.ts';
import { codeOf, findGrid, half16 } from './slow-gptq.ts';

testMethod(pbLlm, {
  recipes: [
    'pb-llm-w1.7',
    'pb-llm-w2g32',
    'pb-llm-w2.7g64-compat',
    'pb-llm-w4-damp0.1-@magnitude',
    'pb-llm-w1g32',
  ],
  layout: partlyBinaryLayout,
});

async function run({ linear, hessian }: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const settings = pbLlm.fromRecipe(parseRecipe(id));
  const statistics = operations.hessian(hessian);
  const result = await pbLlm.quantize(linear, settings, { statistics, operations, rng: createRng(0) });
  return { ...result, settings, restored: dequantize(result.packed) };
}

/** PB-LLM by the obvious loops: threshold by counting, levels by the definition, one column after the other. */
function slowPbLlm({ linear, hessian }: Sample, { share, group, salience, compat, damping }: Settings) {
  const { K } = linear;
  const factor = slowFactor(rowsOf(linear.weight, K), rowsOf(hessian.values, K), damping);
  const { weights, pivots } = factor;
  const N = weights.length;
  const G = group === -1 ? K : group;
  const score = (n: number, k: number) => weights[n][k] ** 2 / (salience === 'hessian' ? pivots[k] : 1);
  const places = (k: number) =>
    weights.flatMap((_, n) => Array.from({ length: G }, (_, i) => [n, k - (k % G) + i] as const));
  const isBinary = weights.map((row) => row.map(() => false));
  for (let start = 0; start < K; start += G) {
    const sorted = places(start).toSorted((a, b) => score(...a) - score(...b));
    for (const [n, k] of sorted.slice(0, Math.round(share * N * G))) isBinary[n][k] = true;
  }
  const grids = weights.map((row) => findGrid(row, { bits: 8, symmetric: false, range: 'zero' }));
  const levels = (n: number, k: number) => {
    const columns = Array.from({ length: G }, (_, i) => k - (k % G) + i);
    const taken = columns.filter((column) => isBinary[n][column]);
    const values = (compat ? columns : taken).map((c) => (isBinary[n][c] ? weights[n][c] : 0));
    const average = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
    const mean = average(values);
    return {
      mean: signed16(mean),
      deviation: half16(average(values.map((value) => Math.abs(value - mean)))),
    };
  };
  const { restored, loss } = slowFeedback(factor, (n, k, row) => {
    if (!isBinary[n][k]) return grids[n].scale * (codeOf(row[k], grids[n], 8) - grids[n].zero);
    const { mean, deviation } = levels(n, k);
    return mean + (row[k] >= mean ? deviation : -deviation);
  });
  return { restored: restored.flat().map(Math.fround), loss };
}

type Settings = ReturnType<typeof pbLlm.fromRecipe>;
const signed16 = (x: number) => Math.sign(x) * (x === 0 ? 0 : half16(Math.abs(x)));

describe('weights equal those of the slow version', () => {
  test.each([
    ['pb-llm-w1.7', 24, 64],
    ['pb-llm-w2g32', 16, 96],
    ['pb-llm-w2.7g64-compat', 16, 192],
    ['pb-llm-w1.7g64-@magnitude', 16, 128],
    ['pb-llm-w1g16-compat', 12, 160],
    ['pb-llm-w5', 8, 200],
  ])('%s, %i×%i', async (id, N, K) => {
    for (const seed of [1, 2, 3]) {
      const sample = sampleLayer(N, K, seed, seed === 3 ? [0, 9, K - 1] : []);
      const { restored, hessianLoss, settings } = await run(sample, id);
      const slow = slowPbLlm(sample, settings);
      expect([...restored]).toEqual(slow.restored);
      expect(hessianLoss! / slow.loss).toBeCloseTo(1, 9);
    }
  });
});

test('with nothing binarized it is GPTQ at 8 bits with one grid a row', async () => {
  const sample = sampleLayer(16, 200, 4);
  const { packed, restored, hessianLoss } = await run(sample, 'pb-llm-w8');
  const context = { statistics: operations.hessian(sample.hessian), operations, rng: createRng(0) };
  const whole = await gptq.quantize(sample.linear, gptq.fromRecipe(parseRecipe('gptq-w8')), context);
  expect(restored).toEqual(dequantize(whole.packed));
  expect(hessianLoss).toBeCloseTo(whole.hessianLoss!, 12);
  expect(partlyBinary.unpack(packed).isBinary.every((bit) => bit === 0)).toBe(true);
});

test('the share of 8-bit weights gives the nominal bits; everything that tells them apart comes on top', async () => {
  const sample = sampleLayer(40, 256, 5);
  for (const [id, bits] of [
    ['pb-llm-w1.7g128', 1.7],
    ['pb-llm-w2g128', 2],
    ['pb-llm-w2.7g128', 2.7],
  ] as const) {
    const { packed } = await run(sample, id);
    const share = partlyBinary.unpack(packed).isBinary.reduce((sum, bit) => sum + bit, 0) / (40 * 256);
    expect(share * 1 + (1 - share) * 8).toBeCloseTo(bits, 2);
    expect((8 * packedBytes(packed)) / (40 * 256)).toBeCloseTo(bits + 1 + 32 / 128 + 24 / 256, 2);
  }
});

test('four weights by hand', async () => {
  // H = I without damping: U = I, no feedback between columns. Half of w = [0.5, −0.25, 2, −1] is binarized: 0.5 and −0.25,
  // mean 0.125, deviation 0.375: 0.5 → 0.5, −0.25 → −0.25. Grid of the row: scale f16(3/255) = 0.01177215576171875,
  // zero round(1/scale) = 85; 2 → 170 + 85 = 255; −1 → −85 + 85 = 0.
  const linear = { name: 'x', weight: Float32Array.of(0.5, -0.25, 2, -1), N: 1, K: 4 };
  const identity = Float64Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0));
  const { packed } = await run({ linear, hessian: new Hessian(identity, 4) }, 'pb-llm-w4.5-damp0');
  const { isBinary, codes, means, deviations, scales, zeros } = partlyBinary.unpack(packed);
  expect([[...isBinary], [...codes], [...means], [...deviations], [...scales], [...zeros]]).toEqual([
    [1, 1, 0, 0],
    [1, 0, 255, 0],
    [0.125],
    [0.375],
    [Math.f16round(3 / 255)],
    [85],
  ]);
});

test('without a factor magnitudes decide, and it is noted', async () => {
  const { linear } = sampleLayer(4, 64, 5);
  const empty = new Hessian(new Float64Array(64 * 64), 64);
  const { packed, hessianLoss, notes } = await run({ linear, hessian: empty }, 'pb-llm-w2g32');
  expect(hessianLoss).toBeNull();
  expect(notes).toMatchInlineSnapshot(`
    [
      "model.layers.0.mlp.up_proj: all its inputs were zero, or none came, in the calibration data; magnitudes stand for salience, and no error is fed back.",
    ]
  `);
  const { isBinary } = partlyBinary.unpack(packed);
  for (const start of [0, 32]) {
    const sizes = [0, 1].map((kind) =>
      [...linear.weight]
        .filter((_, i) => i % 64 >= start && i % 64 < start + 32 && isBinary[i] === kind)
        .map(Math.abs),
    );
    expect(Math.max(...sizes[1])).toBeLessThan(Math.min(...sizes[0]));
  }
});

test.each([
  ['pb-llm-w0.5', '0.5 bits are not a mix of 1 and 8; 1 to 8 are possible'],
  ['pb-llm-w9', '9 bits are not a mix of 1 and 8; 1 to 8 are possible'],
  [
    'pb-llm-w2-@other',
    'it has no variant "other"; @magnitude ranks weights by magnitude instead of by the Hessian',
  ],
  ['pb-llm-w2gx', 'the recipe leaves the group size open'],
  ['pb-llm-w2-damp2', 'a damping of 2 is above 1'],
  ['pb-llm-kv4', 'pb-llm compresses weights, and the recipe gives no bits for them'],
  ['pb-llm-w1.7g128a8', null],
])('%s: %s', (id, reason) => {
  expect(pbLlm.supports(parseRecipe(id))).toBe(reason);
});

test('a setting that it does not have is named', () => {
  expect(pbLlm.supports(parseRecipe('pb-llm-w2-actorder'))).toContain(
    'pb-llm has no column order (actorder)',
  );
});
