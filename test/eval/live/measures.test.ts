import { describe, expect, it } from 'vitest';
import { differences, mean, perplexity, repetitionRate } from '../../../eval/live/measures.ts';

describe('repetition', () => {
  it('is the share of 4-grams that occurred before', () => {
    // 1 2 3 4 · 2 3 4 1 · 3 4 1 2 · 4 1 2 3 are new, then 1 2 3 4 again.
    expect(repetitionRate([1, 2, 3, 4, 1, 2, 3, 4])).toBeCloseTo(1 / 5);
    expect(repetitionRate([7, 7, 7, 7, 7, 7])).toBeCloseTo(2 / 3);
    expect(repetitionRate([1, 2, 3, 4, 5])).toBe(0);
  });

  it('is none in a text that is too short', () => {
    expect(repetitionRate([])).toBe(0);
    expect(repetitionRate([1, 1, 1])).toBe(0);
  });

  it('tells tokens apart whose digits run together', () => {
    expect(repetitionRate([1, 12, 3, 4, 11, 2, 3, 4])).toBe(0);
  });
});

it('differences are found by place, also behind the end of the reference', () => {
  expect(differences([5, 6, 7, 8], [5, 9, 7])).toEqual([false, true, false, true]);
  expect(differences([5], [5, 6])).toEqual([false]);
});

it('perplexity is the inverse geometric mean of the probabilities', () => {
  expect(perplexity(Float32Array.of(Math.log(0.5), Math.log(0.125)))).toBeCloseTo(4, 5);
});

it('the mean of nothing is not a number', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(mean([])).toBeNaN();
});
