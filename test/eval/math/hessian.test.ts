import { expect, test } from 'vitest';
import { Hessian, HessianSum } from '../../../eval/math/hessian.ts';

test('sums Gram matrices, scaled by 2 / sequences and symmetrized', () => {
  const sum = new HessianSum(2);
  sum.add(Float32Array.of(1, 2, 2, 5));
  sum.add(Float32Array.of(3, 4, 6, 7));
  // Off-diagonal: (2 + 4 + 2 + 6) / 2 = 7, times 2 / 4.
  expect([...sum.finish(4).values]).toEqual([2, 3.5, 3.5, 6]);
});

test('damping is a share of the mean diagonal', () => {
  // diag 1 and 3: mean 2, damping 0.5 adds 1. U = R⁻¹ for diag(2, 4).
  const { upper, damping, dead } = new Hessian(Float64Array.of(1, 0, 0, 3), 2).factor(0.5, false);
  expect([...upper!]).toEqual([1 / Math.SQRT2, 0, 0, 0.5].map((x) => expect.closeTo(x, 15)));
  expect(damping).toBe(0.5);
  expect(dead).toEqual([]);
});

test('a dead column gets a diagonal of 1', () => {
  const { upper, dead } = new Hessian(Float64Array.of(0, 0, 0, 4), 2).factor(0, false);
  expect(dead).toEqual([0]);
  expect(upper!.map((x) => x + 0)).toEqual(Float64Array.of(1, 0, 0, 0.5));
});

test('act-order sorts by falling diagonal, equal entries in their original order', () => {
  const diagonal = [1, 9, 4, 9, 0, 1];
  const values = Float64Array.from({ length: 36 }, (_, at) => (at % 7 === 0 ? diagonal[at / 7] : 0));
  const { order, upper } = new Hessian(values, 6).factor(0, true);
  expect([...order]).toEqual([1, 3, 2, 0, 4, 5]);
  // U of a diagonal matrix: 1 / √H_ii in visiting order; the dead column 4 counts as 1.
  expect(Array.from({ length: 6 }, (_, i) => upper![i * 7])).toEqual([1 / 3, 1 / 3, 1 / 2, 1, 1, 1]);
});

test('an indefinite matrix gets ten times the damping until it is definite', () => {
  // Eigenvalues 1 ± 1.5: positive from an addition above 0.5 on. 0.01, 0.1 are too little, 1 is enough.
  const h = new Hessian(Float64Array.of(1, 1.5, 1.5, 1), 2);
  expect(h.factor(0.01, false).damping).toBeCloseTo(1, 12);
  expect(h.factor(0.01, false).upper).not.toBeNull();
});

test('from a damping of 0 the first retry is 0.01', () => {
  const singular = new Hessian(Float64Array.of(1, 1, 1, 1), 2);
  expect(singular.factor(0, false)).toMatchObject({ damping: 0.01, upper: expect.any(Float64Array) });
});

test('gives up after six retries', () => {
  // 0.01 · 10⁶ = 10⁴ on the diagonal is still less than 10⁵ beside it.
  const { upper, damping } = new Hessian(Float64Array.of(1, 1e5, 1e5, 1), 2).factor(0.01, false);
  expect(upper).toBeNull();
  expect(damping).toBeCloseTo(1e4, 6);
});

test('a Hessian with NaN has no factor', () => {
  expect(new Hessian(Float64Array.of(Number.NaN, 0, 0, 1), 2).factor(0.01, true)).toMatchObject({
    upper: null,
  });
  expect(new Hessian(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2).factor(0.01, false).upper).toBeNull();
});

test('siblings share one factorization', () => {
  const h = new Hessian(Float64Array.of(2, 1, 1, 2), 2);
  expect(h.factor(0.01, false)).toBe(h.factor(0.01, false));
  expect(h.factor(0.01, true)).not.toBe(h.factor(0.01, false));
});
