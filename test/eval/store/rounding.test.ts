import { expect, test } from 'vitest';
import { createRng } from '../../../eval/math/rng.ts';
import { roundTogether } from '../../../eval/store/rounding.ts';

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
const variance = (values: Float64Array) => {
  const mean = sum(values) / values.length;
  return sum(values.map((value) => (value - mean) ** 2)) / values.length;
};

test('the step is a power of two below 1/16 of the standard deviation, and the remainder goes to the next item', () => {
  // The standard deviation is 10, so the step is 0.5: what is left of 0.1, 20.1 and 0.1 adds up to 0.3.
  const values = Float64Array.of(0.1, 20.1, 0.1, 20.1);
  const rounded = roundTogether(new Map([['x', values]]), 'fp16');
  expect([...rounded.get('x')!]).toEqual([0, 20, 0.5, 20]);
  expect([...values]).toEqual([0.1, 20.1, 0.1, 20.1]);
});

test('multiples of the step, equal numbers and numbers that are not finite stay', () => {
  const stay = Float64Array.of(0, 16, 0, 16, Number.NaN, Number.POSITIVE_INFINITY);
  const equal = Float64Array.of(0.1, 0.1, 0.1, 0.1, 0.1, 0.1);
  const rounded = roundTogether(
    new Map([
      ['x', stay],
      ['y', equal],
    ]),
    'fp16',
  );
  expect([...rounded.get('x')!]).toEqual([...stay]);
  expect([...rounded.get('y')!]).toEqual([...equal]);
});

test('a number stays in its bin, whose upper end belongs to it', () => {
  // Step 1/64 of values from 0 to 1; tenths are not multiples of it.
  const values = Float64Array.of(0, 0.099, 0.101, 0.2, 0.2001, 0.7, 0.8999, 0.9001, 1, 0.5);
  const byRecipe = new Map([['x', values]]);
  const binOf = (value: number) => Math.ceil(value * 10);
  const binned = roundTogether(byRecipe, 'fp16', 10).get('x')!;
  expect([...binned.map(binOf)]).toEqual([...values.map(binOf)]);
  expect([...binned].every((value) => (value * 64) % 1 === 0)).toBe(true);
  expect([...roundTogether(byRecipe, 'fp16').get('x')!.map(binOf)]).not.toEqual([...values.map(binOf)]);
});

test('sums stay within half a step and differences keep their variance, also where most numbers are tiny', () => {
  const rng = createRng(7);
  const n = 800;
  const skewed = Float64Array.from({ length: n }, () => rng.next() ** 20);
  const recipe = (noise: number) => skewed.map((value) => value + noise * (rng.next() - 0.5) ** 3);
  const byRecipe = new Map([
    ['fp16', skewed],
    ['w8', recipe(1e-3)],
    ['w4', recipe(0.1)],
    ['w2', recipe(3)],
  ]);
  const rounded = roundTogether(byRecipe, 'fp16');
  const difference = (from: ReadonlyMap<string, Float64Array>, id: string) =>
    from.get(id)!.map((value, item) => value - from.get('fp16')![item]!);
  for (const id of ['w8', 'w4', 'w2']) {
    const deviation = Math.sqrt(variance(difference(byRecipe, id)));
    expect(Math.abs(sum(rounded.get(id)!) - sum(byRecipe.get(id)!)), id).toBeLessThanOrEqual(deviation / 32);
    const ratio = variance(difference(rounded, id)) / deviation ** 2;
    expect(Math.abs(ratio - 1), id).toBeLessThan(0.005);
  }
});
