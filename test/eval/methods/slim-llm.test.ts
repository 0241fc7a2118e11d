import { describe, expect, test } from 'vitest';
import { parseRecipe } from '../../../data/recipe.ts';
import { packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { mixedGroups } from '../../../eval/formats/mixed-groups.ts';
import { Hessian } from '../../../eval/math/hessian.ts';
import { createRng } from '../../../eval/math/rng.ts';
import { slimLlm } from '../../../eval/methods/slim-llm.ts';
import { cpuOperations as operations } from '../../../eval/operations/cpu.ts';
import { testMethod } from '../../contracts/method.ts';
import { mixedGroupsLayout } from './binary-layouts.ts';
import { type Sample, sampleLayer } from './samples.ts';
import { rowsOf, slowFactor, slowFeedback } from './slow-feedback.ts';
import { codeOf } from './slow-gptq.ts';

testMethod(slimLlm, {
  recipes: ['slim-llm-w2g16', 'slim-llm-w3g32', 'slim-llm-w4g64', 'slim-llm-w7g16-damp0.1'],
  layout: mixedGroupsLayout,
});

async function run({ linear, hessian }: Pick<Sample, 'linear' | 'hessian'>, id: string) {
  const settings = slimLlm.fromRecipe(parseRecipe(id));
  const statistics = operations.hessian(hessian);
  const result = await slimLlm.quantize(linear, settings, { statistics, operations, rng: createRng(0) });
  return {
    ...result,
    settings,
    mixed: mixedGroups.unpack(result.packed),
    restored: dequantize(result.packed),
  };
}

const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
const power = (list: readonly number[]) => list.reduce((sum, value) => sum + Math.abs(value) ** 2.4, 0);

/** Grids of a range p times that of the weights, scales in half precision. */
function gridOf(values: readonly number[], bits: number, p: number) {
  const low = Math.min(0, ...values.map((value) => p * value));
  const high = Math.max(0, ...values.map((value) => p * value));
  const width = high === low ? 2 : high - low;
  const scale = Math.max(Math.f16round(width / (2 ** bits - 1)), 2 ** -24);
  const zero = Math.min(Math.round(-(high === low ? -1 : low) / scale), 2 ** bits - 1);
  return { scale, zero };
}

/** A group as a function from a weight to its level. */
function fitGroup(values: readonly number[], bits: number, steps: number): (weight: number) => number {
  if (bits === 1) {
    const exact = mean(values);
    const distance = Math.f16round(mean(values.map((value) => Math.abs(value - exact))));
    return (weight) => Math.f16round(exact) + (weight >= Math.f16round(exact) ? distance : -distance);
  }
  const on = (p: number) => {
    const grid = gridOf(values, bits, p);
    return (weight: number) => grid.scale * (codeOf(weight, grid, bits) - grid.zero);
  };
  const tries = Array.from({ length: steps }, (_, i) => [1 - (0.1 * (i + 1)) / 50, 1 + (0.1 * (i + 1)) / 50]);
  let best = { round: on(1), error: power(values.map((value) => value - on(1)(value))) };
  for (const p of tries.flat()) {
    const error = power(values.map((value) => value - on(p)(value)));
    if (error < best.error) best = { round: on(p), error };
  }
  return best.round;
}

/** Tries every k in full: rounds the matrix and sums the variance of its output error over the outputs, input by input. */
function slowAllocation(weights: number[][], hessian: number[][], pivots: number[], bits: number, G: number) {
  const groups = pivots.length / G;
  const salience = Array.from({ length: groups }, (_, g) =>
    weights.flatMap((row) => row.slice(g * G, (g + 1) * G).map((w, i) => w ** 2 / pivots[g * G + i]!)),
  ).map((values) => values.reduce((sum, value) => sum + value, 0));
  const order = Array.from({ length: groups }, (_, g) => g).toSorted((a, b) => salience[a]! - salience[b]!);
  let best = { score: Number.POSITIVE_INFINITY, chosen: [] as number[] };
  for (let k = 0; k <= Math.floor(groups / 2); k++) {
    const chosen = Array.from({ length: groups }, (_, g) => {
      const place = order.indexOf(g);
      return place < k ? bits - 1 : place >= groups - k ? bits + 1 : bits;
    });
    const errors = weights.map((row) =>
      chosen.flatMap((own, g) => {
        const values = row.slice(g * G, (g + 1) * G);
        return values.map((value) => value - fitGroup(values, own, 0)(value));
      }),
    );
    const average = errors[0]!.map((_, j) => mean(errors.map((row) => row[j]!)));
    let score = 0;
    for (const row of errors) {
      const d = row.map((value, j) => value - average[j]!);
      for (const [i, a] of d.entries()) for (const [j, b] of d.entries()) score += a * hessian[i]![j]! * b;
    }
    if (score < best.score - 1e-12) best = { score, chosen };
  }
  return best.chosen;
}

describe('bits and weights equal those of the slow version', () => {
  test.each([
    ['slim-llm-w2g16', 8, 96],
    ['slim-llm-w3g32', 6, 128],
    ['slim-llm-w2g32', 10, 160],
  ])('%s, %i×%i', async (id, N, K) => {
    const sample = sampleLayer(N, K, 3, [0, 7]);
    const { restored, hessianLoss, settings, mixed } = await run(sample, id);
    const G = settings.group;
    const hessian = rowsOf(sample.hessian.values, K);
    const factor = slowFactor(rowsOf(sample.linear.weight, K), hessian, 0.01);
    const bits = slowAllocation(factor.weights, hessian, factor.pivots, settings.bits, G);
    expect([...mixed.bits]).toEqual(bits);
    const rounders: ((weight: number) => number)[] = [];
    const slow = slowFeedback(factor, (n, k, row) => {
      if (k % G === 0) rounders[n] = fitGroup(row.slice(k, k + G), bits[k / G]!, 50);
      return rounders[n]!(row[k]!);
    });
    expect([...restored]).toEqual(slow.restored.flat().map((value) => Math.fround(value)));
    expect(hessianLoss! / slow.loss).toBeCloseTo(1, 9);
  });
});

test('groups change bits in pairs, so the average stays', async () => {
  let moved = 0;
  for (let seed = 0; seed < 6; seed++) {
    const { mixed, packed } = await run(sampleLayer(16, 256, seed), 'slim-llm-w3g32');
    expect(mean([...mixed.bits])).toBe(3);
    moved += mixed.bits.filter((bits) => bits !== 3).length;
    expect((8 * packedBytes(packed)) / (16 * 256)).toBeCloseTo(3 + 16 / 32 + 3 / 32 + 8 / 32 / 16, 1);
  }
  expect(moved).toBeGreaterThan(0);
});

test('without a factor all groups keep the average bits, and it is noted', async () => {
  const { linear } = sampleLayer(4, 64, 5);
  const { mixed, hessianLoss, notes } = await run(
    { linear, hessian: new Hessian(new Float64Array(64 * 64), 64) },
    'slim-llm-w2g16',
  );
  expect([...mixed.bits]).toEqual([2, 2, 2, 2]);
  expect(hessianLoss).toBeNull();
  expect(notes).toEqual([expect.stringContaining('no error is fed back')]);
});

test.each([
  [
    'slim-llm-w1g128',
    '1 bits are not supported; 2 to 7 whole bits are, from which groups get one more or fewer',
  ],
  ['slim-llm-w2', 'SliM-LLM gives bits to groups of columns, and the recipe has none'],
  ['slim-llm-w2gx', 'the recipe leaves the group size open'],
  ['slim-llm-kv4', 'slim-llm compresses weights, and the recipe gives no bits for them'],
  ['slim-llm-w3g128a8', null],
])('%s: %s', (id, reason) => {
  expect(slimLlm.supports(parseRecipe(id))).toBe(reason);
});
