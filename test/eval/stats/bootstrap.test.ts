import { expect, test } from 'vitest';
import { createRng } from '../../../eval/math/rng.ts';
import {
  type BootstrapOptions,
  bootstrapIntervals,
  quantile,
  type Statistic,
} from '../../../eval/stats/bootstrap.ts';

const options = { resamples: 4000, seed: 0, level: 0.95 };
const bootstrapInterval = (n: number, statistic: Statistic, given: BootstrapOptions) =>
  bootstrapIntervals(n, [statistic], given)[0];
const meanOf = (values: readonly number[]) => (indices: Uint32Array) =>
  indices.reduce((sum, index) => sum + values[index]!, 0) / indices.length;

test('quantiles lie between order statistics', () => {
  const sorted = Float64Array.of(1, 2, 4, 8, 16);
  expect([0, 0.25, 0.5, 0.6, 1].map((share) => quantile(sorted, share))).toEqual([
    1,
    2,
    4,
    expect.closeTo(5.6, 12),
    16,
  ]);
});

test('items without spread give an interval without width', () => {
  expect(bootstrapInterval(5, meanOf([3, 3, 3, 3, 3]), options)).toEqual({ low: 3, high: 3 });
});

test('two items, 0 and 1: the mean is 0, ½ or 1 with probability ¼, ½, ¼', () => {
  expect(bootstrapInterval(2, meanOf([0, 1]), options)).toEqual({ low: 0, high: 1 });
  expect(bootstrapInterval(2, meanOf([0, 1]), { ...options, level: 0.4 })).toEqual({ low: 0.5, high: 0.5 });
});

test('a hundred coins: the ends are the quantiles of the binomial distribution, 40 and 60', () => {
  const coins = Array.from({ length: 100 }, (_, index) => index % 2);
  const interval = bootstrapInterval(100, meanOf(coins), options)!;
  expect(Math.abs(interval.low - 0.4)).toBeLessThanOrEqual(0.01);
  expect(Math.abs(interval.high - 0.6)).toBeLessThanOrEqual(0.01);
});

test('the same seed gives the same interval, another seed another', () => {
  const values = Array.from({ length: 50 }, (_, index) => Math.sqrt(index));
  const first = bootstrapInterval(50, meanOf(values), options);
  expect(bootstrapInterval(50, meanOf(values), options)).toEqual(first);
  expect(bootstrapInterval(50, meanOf(values), { ...options, seed: 1 })).not.toEqual(first);
});

test('no interval where an end is not finite', () => {
  expect(bootstrapInterval(2, () => Number.POSITIVE_INFINITY, options)).toBeNull();
});

test('several statistics see the same draws', () => {
  const mean = meanOf([1, 5, 2, 8]);
  const [alone] = bootstrapIntervals(4, [mean], options);
  expect(bootstrapIntervals(4, [() => 0, mean, (indices) => -mean(indices)], options)).toEqual([
    { low: 0, high: 0 },
    alone,
    { low: -alone!.high, high: -alone!.low },
  ]);
});

test('draws are those of the generator, at first and again', () => {
  const [n, resamples] = [7, 5];
  const rng = createRng(3);
  const expected = Array.from({ length: resamples }, () => Array.from({ length: n }, () => rng.int(n)));
  const drawn = () => {
    const seen: number[][] = [];
    bootstrapIntervals(n, [(indices) => seen.push([...indices])], { resamples, seed: 3, level: 0.95 });
    return seen;
  };
  expect(drawn()).toEqual(expected);
  expect(drawn()).toEqual(expected);
});

test('draws of many items, which are never kept, are those of the generator too', () => {
  const n = 2 ** 24 + 1;
  const rng = createRng(0);
  const expected = Array.from({ length: 3 }, () => rng.int(n));
  const seen: number[] = [];
  bootstrapIntervals(n, [(indices) => seen.push(...indices.subarray(0, 3))], { ...options, resamples: 1 });
  expect(seen).toEqual(expected);
});
