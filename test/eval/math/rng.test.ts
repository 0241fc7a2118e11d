import { expect, test } from 'vitest';
import { createRng, xoshiro128 } from '../../../eval/math/rng.ts';

test('xoshiro128** gives the reference sequence', () => {
  // Output of the authors' xoshiro128starstar.c 1.1 from the state {1, 2, 3, 4}; the first by hand: rotl(2·5, 7)·9 = 11520.
  const next = xoshiro128([1, 2, 3, 4]);
  expect(Array.from({ length: 10 }, next)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test('a seed fixes the sequence, and every bit of it counts', () => {
  const first = (seed: number) => createRng(seed).next();
  expect(first(7)).toBe(first(7));
  const seeds = [0, 1, -1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, -(2 ** 53) + 1];
  expect(new Set(seeds.map(first)).size).toBe(seeds.length);
});

test('next is uniform in [0, 1)', () => {
  const rng = createRng(3);
  const bins = new Array(10).fill(0);
  for (let i = 0; i < 100_000; i++) bins[Math.floor(rng.next() * 10)]++;
  // χ² with 9 degrees of freedom is below 27.9 with probability 0.999.
  expect(bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
});

test('int covers exactly 0…n−1 and refuses other n', () => {
  const rng = createRng(4);
  const bins = new Array(7).fill(0);
  for (let i = 0; i < 70_000; i++) bins[rng.int(7)]++;
  expect(bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.5);
  expect(createRng(1).int(1)).toBe(0);
  expect(rng.int(2 ** 32)).toBeGreaterThanOrEqual(0);
  for (const n of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN]) expect(() => rng.int(n)).toThrow(RangeError);
});

test('normal has the moments of the standard normal', () => {
  const rng = createRng(5);
  const sums = [0, 0, 0, 0];
  const n = 200_000;
  for (let i = 0; i < n; i++) {
    const x = rng.normal();
    for (const power of [1, 2, 3, 4]) sums[power - 1] += x ** power / n;
  }
  // Standard errors of the sample moments: √(1, 2, 15, 96) / √n; five of them.
  expect(Math.abs(sums[0])).toBeLessThan(0.012);
  expect(Math.abs(sums[1] - 1)).toBeLessThan(0.016);
  expect(Math.abs(sums[2])).toBeLessThan(0.044);
  expect(Math.abs(sums[3] - 3)).toBeLessThan(0.11);
});

test('shuffle keeps the elements, works in place and reaches every order', () => {
  const rng = createRng(6);
  const array = [1, 2, 3];
  expect(rng.shuffle(array)).toBe(array);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = rng.shuffle([1, 2, 3]).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('refuses a seed that is not a safe integer', () => {
  expect(() => createRng(0.5)).toThrow(RangeError);
});
