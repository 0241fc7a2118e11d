import { expect, test } from 'vitest';
import { calibrationError } from '../../../eval/stats/calibration-error.ts';

const of = (confidences: number[], right: number[], bins = 10) =>
  calibrationError(Float64Array.from(confidences), Float64Array.from(right), bins);

test('bins of equal width, weighted by their items', () => {
  // (0.6, 0.7]: 0.65 and 0.7 against 1 of 2 right: |1 − 1.35| = 0.35. (0.9, 1]: 0.95 and right: 0.05. Together 0.4 of 3.
  const { value, stdError } = of([0.65, 0.7, 0.95], [1, 0, 1]);
  expect(value).toBeCloseTo(0.4 / 3, 12);
  // Without each: (|0 − 0.7| + 0.05) / 2, (|1 − 0.65| + 0.05) / 2, 0.35 / 2 = 0.375, 0.2, 0.175; mean 0.25.
  const squares = 0.125 ** 2 + 0.05 ** 2 + 0.075 ** 2;
  expect(stdError).toBeCloseTo(Math.sqrt((2 / 3) * squares), 12);
});

test('confidence that comes true has no error; all wrong has its confidence', () => {
  expect(of([1, 1], [1, 1])).toEqual({ value: 0, stdError: 0 });
  expect(of([0.75, 0.75], [0, 0]).value).toBeCloseTo(0.75, 12);
  expect(of([0, 0], [0, 0]).value).toBe(0);
});

test('one item has no standard error', () => {
  expect(of([0.5], [1])).toEqual({ value: 0.5, stdError: null });
});
