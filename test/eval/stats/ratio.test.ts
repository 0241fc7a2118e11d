import { expect, test } from 'vitest';
import { estimateRatio } from '../../../eval/stats/ratio.ts';

test('with denominators of 1 it is the mean and sample sd / √n', () => {
  // Mean 3, deviations −2 −1 0 3, squares 14, sd² 14/3, error √(14/12).
  expect(estimateRatio(Float64Array.of(1, 2, 3, 6), null)).toEqual({
    ratio: 3,
    stdError: expect.closeTo(Math.sqrt(14 / 12), 12),
  });
  expect(estimateRatio(Float64Array.of(1, 2, 3, 6), Float64Array.of(1, 1, 1, 1))).toEqual(
    estimateRatio(Float64Array.of(1, 2, 3, 6), null),
  );
});

test('items of different size count by their size', () => {
  // 12 / 6 = 2; residuals 1 − 2, 5 − 4, 6 − 6: squares 2, s² 1, error √(1/3) / 2.
  const { ratio, stdError } = estimateRatio(Float64Array.of(1, 5, 6), Float64Array.of(1, 2, 3));
  expect(ratio).toBe(2);
  expect(stdError).toBeCloseTo(Math.sqrt(1 / 3) / 2, 12);
});

test('one item has no standard error', () => {
  expect(estimateRatio(Float64Array.of(4), null)).toEqual({ ratio: 4, stdError: null });
});

test('the error of a share is that of the binomial with n − 1', () => {
  const right = Float64Array.from({ length: 100 }, (_, index) => Number(index < 30));
  expect(estimateRatio(right, null).stdError).toBeCloseTo(Math.sqrt((0.3 * 0.7) / 99), 12);
});
