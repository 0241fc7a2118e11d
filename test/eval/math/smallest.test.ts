import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markSmallest, markSmallestOf, prunedCount, pruneMask } from '../../../eval/math/smallest.ts';

/** Sorts places by score, equal ones as they are. */
function slowly(scores: readonly number[], count: number): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]! || a - b);
  const marks = scores.map(() => 0);
  for (const i of order.slice(0, count)) marks[i] = 1;
  return marks;
}

const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 });

test('exactly so many are marked, the smallest, ties in order', () => {
  fc.assert(
    fc.property(scores, fc.nat(), (values, any) => {
      const count = any % (values.length + 1);
      expect([...markSmallest(Float64Array.from(values), count)]).toEqual(slowly(values, count));
    }),
    { numRuns: 500 },
  );
});

test('n of m: the same inside a run', () => {
  fc.assert(
    fc.property(scores, fc.nat(), (values, any) => {
      const n = any % values.length;
      const marks = new Uint8Array(values.length);
      markSmallestOf(Float64Array.from(values), 0, { n, m: values.length }, marks);
      expect([...marks]).toEqual(slowly(values, n));
    }),
    { numRuns: 500 },
  );
});

test('a share is the nearest whole number', () => {
  expect([prunedCount(50, 64), prunedCount(33.3, 1000), prunedCount(5, 30), prunedCount(0, 9)]).toEqual([
    32, 333, 2, 0,
  ]);
});

test('a matrix, its rows and its runs', () => {
  const values = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const half = { kind: 'share', percent: 50 } as const;
  expect([...pruneMask(values, 4, half, 'matrix')]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  expect([...pruneMask(values, 4, half, 'row')]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  expect([...pruneMask(values, 4, { kind: 'n:m', n: 1, m: 2 }, 'row')]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
});
