/** Streaming moments against cases worked by hand and against two slow passes. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Moments } from '../../../eval/math/moments.ts';

const of = (...parts: readonly ArrayLike<number>[]) => {
  const moments = new Moments();
  for (const part of parts) moments.add(part);
  return moments.summary();
};

/** Two passes over all values, straight from the definitions. */
function slow(values: readonly number[]) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const power = (p: number) => values.reduce((sum, value) => sum + (value - mean) ** p, 0) / n;
  const std = Math.sqrt(power(2));
  return { mean, std, kurtosis: power(4) / power(2) ** 2, absMax: Math.max(...values.map(Math.abs)) };
}

describe('worked by hand', () => {
  it('1, 2, 3, 4, 5: deviations −2 … 2, squares add to 10, fourth powers to 34', () => {
    // kurtosis = (34/5) / (10/5)² = 1.7
    const summary = of([1, 2, 3, 4, 5]);
    expect(summary).toMatchObject({ count: 5, absMax: 5, mean: 3, std: Math.SQRT2 });
    expect(summary.kurtosis).toBeCloseTo(1.7, 14);
  });

  it('one −10 among 99 zeros: p = 0.01, kurtosis of a two-valued variable is 1/(p(1 − p)) − 3', () => {
    const summary = of([...Array<number>(99).fill(0), -10]);
    expect(summary.kurtosis).toBeCloseTo(1 / (0.01 * 0.99) - 3, 10);
    expect(summary).toMatchObject({ absMax: 10, mean: -0.1 });
    expect(summary.std).toBeCloseTo(10 * Math.sqrt(0.01 * 0.99), 14);
  });

  it('two values of equal chance have the least kurtosis there is, 1', () => {
    expect(of([7, -3], [7, -3]).kurtosis).toBeCloseTo(1, 14);
  });

  it('equal values have no kurtosis, no values nothing at all', () => {
    expect(of([2.5, 2.5, 2.5])).toEqual({ count: 3, absMax: 2.5, mean: 2.5, std: 0, kurtosis: null });
    expect(of()).toEqual({ count: 0, absMax: 0, mean: 0, std: 0, kurtosis: null });
  });
});

test('parts of any length give what two passes over the whole give', () => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const parts = fc.array(fc.array(number, { maxLength: 60 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(parts, (arrays) => {
      const all = arrays.flat();
      fc.pre(new Set(all).size > 1);
      const expected = slow(all);
      fc.pre(expected.std > 1e-3);
      const summary = of(...arrays);
      expect(summary.absMax).toBe(expected.absMax);
      expect(summary.mean).toBeCloseTo(expected.mean, 8);
      expect(summary.std / expected.std).toBeCloseTo(1, 10);
      expect(summary.kurtosis! / expected.kurtosis).toBeCloseTo(1, 9);
    }),
  );
});

test('a large mean does not drown the spread, over many blocks', () => {
  // Uniform on 10⁹ … 10⁹ + 1 in steps of 1/1000: the sums Σx⁴ would keep no digit of it.
  const values = Float64Array.from({ length: 10_000 }, (_, i) => 1e9 + ((i * 7919) % 1000) / 1000);
  const shifted = Array.from(values, (value) => value - 1e9);
  const summary = of(values.subarray(0, 1), values.subarray(1, 7000), values.subarray(7000));
  expect(summary.std).toBeCloseTo(slow(shifted).std, 9);
  expect(summary.kurtosis).toBeCloseTo(slow(shifted).kurtosis, 6);
});

test('merging is adding', () => {
  const [a, b, both] = [new Moments(), new Moments(), new Moments()];
  a.add([1, 2, 40]);
  b.add([-5, 0.5]);
  both.add([1, 2, 40, -5, 0.5]);
  a.merge(b);
  a.merge(new Moments());
  expect(a.summary().kurtosis).toBeCloseTo(both.summary().kurtosis!, 12);
  expect(a.summary().count).toBe(5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%s shows in the mean', (bad) => {
  const moments = new Moments();
  moments.add([1, bad, 3]);
  moments.add([1, 2, 3]);
  expect(Number.isFinite(moments.mean)).toBe(false);
});
