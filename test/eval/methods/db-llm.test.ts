import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { dualBinary } from '../../../eval/formats/dual-binary.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { fitDual } from '../../../eval/math/dual-binary.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { dbLlm } from '../../../eval/methods/db-llm.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { dualBinaryLayout } from './binary-layouts.ts';
import { type Sample, sampleLayer } from './samples.ts';
import { rowsOf, slowFactor, slowFeedback } from './slow-feedback.ts';

testMethod(dbLlm, {
  recipes: ['db-llm-w2g32', 'db-llm-w2', 'db-llm-w2g16-damp0.1'],
  layout: dualBinaryLayout,
});

async function run({ linear, hessian }: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const settings = dbLlm.fromRecipe(parseRecipe(id));
  const statistics = operations.hessian(hessian);
  const result = await dbLlm.quantize(linear, settings, { statistics, operations, rng: createRng(0) });
  return { ...result, settings, restored: dequantize(result.packed) };
}

/** The best pair that alternating finds, with matrices of codes and normal equations written out. */
function slowFit(values: readonly number[], weight: readonly number[]): number[] {
  const levels = ([a, b]: number[]) => [0, a!, b!, a! + b!];
  const codesFor = (pair: number[]) =>
    values.map((w) => {
      const distances = levels(pair).map((level) => Math.abs(w - level));
      return distances.indexOf(Math.min(...distances));
    });
  const sum = (f: (i: number) => number) => values.reduce((total, _, i) => total + f(i), 0);
  const biggest = Math.max(...values.map(Math.abs));
  let best = { error: Number.POSITIVE_INFINITY, pair: [0, 0] };
  for (const share of [1, 0.8, 0.6, 0.4]) {
    for (const sign of [1, -1]) {
      let pair = [Math.f16round(sign * share * biggest), Math.f16round((-sign * share * biggest) / 2)];
      for (let round = 0; round < 8; round++) {
        const codes = codesFor(pair);
        const error = sum((i) => weight[i]! * (values[i]! - levels(pair)[codes[i]!]!) ** 2);
        if (error < best.error) best = { error, pair };
        const is = (i: number, bit: number) => (codes[i]! >> bit) & 1;
        const [p, q, r] = [
          sum((i) => weight[i]! * is(i, 0)),
          sum((i) => weight[i]! * is(i, 0) * is(i, 1)),
          sum((i) => weight[i]! * is(i, 1)),
        ];
        const [x, y] = [0, 1].map((bit) => sum((i) => weight[i]! * is(i, bit) * values[i]!));
        if (!(p * r - q * q > 1e-12 * p * r)) break;
        pair = [(x! * r - y! * q) / (p * r - q * q), (y! * p - x! * q) / (p * r - q * q)].map(Math.f16round);
      }
    }
  }
  return best.pair;
}

describe('weights equal those of the slow version', () => {
  test.each([
    ['db-llm-w2g32', 12, 96],
    ['db-llm-w2g64', 8, 128],
    ['db-llm-w2', 6, 200],
  ])('%s, %i×%i', async (id, N, K) => {
    const sample = sampleLayer(N, K, 3, [0, 7]);
    const { restored, hessianLoss, settings } = await run(sample, id);
    const G = settings.group === -1 ? K : settings.group;
    const factor = slowFactor(rowsOf(sample.linear.weight, K), rowsOf(sample.hessian.values, K), 0.01);
    const diagonal = Array.from({ length: K }, (_, k) => sample.hessian.values[k * K + k]!);
    const mean = diagonal.reduce((sum, value) => sum + value, 0) / K;
    const weight = diagonal.map((value) => value + 0.01 * mean);
    const pairs: number[][] = [];
    const slow = slowFeedback(factor, (n, k, row) => {
      if (k % G === 0) pairs[n] = slowFit(row.slice(k, k + G), weight.slice(k, k + G));
      const [a, b] = pairs[n]!;
      const levels = [0, a!, b!, a! + b!];
      const distances = levels.map((level) => Math.abs(row[k]! - level));
      return levels[distances.indexOf(Math.min(...distances))]!;
    });
    expect([...restored]).toEqual(slow.restored.flat().map((value) => Math.fround(value)));
    expect(hessianLoss! / slow.loss).toBeCloseTo(1, 9);
  });
});

test('the fit is never worse than the levels −s, 0, s, 2s of the paper', () => {
  const rng = createRng(2);
  for (let seed = 0; seed < 40; seed++) {
    const values = Float64Array.from({ length: 32 }, () => rng.normal() ** 3);
    const importance = Float64Array.from({ length: 32 }, () => Math.exp(rng.normal()));
    const errorOf = (a: number, b: number) =>
      values.reduce(
        (sum, w, i) => sum + importance[i]! * Math.min(...[0, a, b, a + b].map((level) => (w - level) ** 2)),
        0,
      );
    const s = Math.max(...values.map(Math.abs)) / 2;
    const { first, second } = fitDual(values, 0, importance, 0, 32);
    expect(errorOf(first, second)).toBeLessThanOrEqual(errorOf(Math.f16round(2 * s), Math.f16round(-s)));
  }
});

test('four levels of the paper are found exactly', async () => {
  const weight = Float32Array.of(1, 0.5, 0, -0.5, 1, -0.5, 0.5, 0);
  const linear = { name: 'x', weight, N: 1, K: 8 };
  const identity = Float64Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0));
  const { restored, packed } = await run({ linear, hessian: new Hessian(identity, 8) }, 'db-llm-w2');
  expect(restored).toEqual(weight);
  expect(dualBinary.unpack(packed).first[0]).toBe(1);
  expect(dualBinary.unpack(packed).second[0]).toBe(-0.5);
});

test('true bits', async () => {
  const { packed } = await run(sampleLayer(8, 256, 5), 'db-llm-w2g128');
  expect((8 * packedBytes(packed)) / (8 * 256)).toBe(2.25);
});

test.each([
  ['db-llm-w3g128', 'two binaries are 2 bits, not 3'],
  ['db-llm-w2gx', 'the recipe leaves the group size open'],
  ['db-llm-kv4', 'db-llm compresses weights, and the recipe gives no bits for them'],
  ['db-llm-w2g128', null],
])('%s: %s', (id, reason) => {
  expect(dbLlm.supports(parseRecipe(id))).toBe(reason);
});
