import { expect, test } from 'vitest';
import type { RangeConvention } from '../../../data/recipe.ts';
import { type AffineRule, fitGrid, quantize } from '../../../eval/math/affine.ts';
import { createRng } from '../../../eval/math/rng.ts';

const f16 = (value: number) => Math.f16round(value);

function gridOf(values: number[], rule: Partial<AffineRule>) {
  const grid = { scale: 0, zero: 0 };
  fitGrid(
    Float64Array.from(values),
    0,
    values.length,
    { bits: 2, symmetric: false, range: 'zero', mse: false, ...rule },
    grid,
  );
  return grid;
}

// Worked by hand for 2 bits: codes 0…3, symmetric zero 2.
test.each<[string, RangeConvention, boolean, number[], number, number]>([
  ['spans the values', 'zero', false, [-0.5, 0.25, 1], 0.5, 1],
  ['pulls 0 in from above: 2/3, zero 0', 'zero', false, [0.5, 1, 2], f16(2 / 3), 0],
  ['pulls 0 in from below: 3/3, zero 3', 'zero', false, [-3, -1], 1, 3],
  ['gives an all-zero group [−1, 1]: 2/3, −(−1)/(2/3) = 1.5 → 2', 'zero', false, [0, 0], f16(2 / 3), 2],
  ['is [−a, a] when symmetric: 2·1/3', 'zero', true, [-0.5, 0.25, 1], f16(2 / 3), 2],
  ['is [−a, a] for an all-positive group too', 'zero', true, [0.5, 1], f16(2 / 3), 2],
  ['gives an all-zero group a = 1 when symmetric', 'zero', true, [0, 0], f16(2 / 3), 2],
  ['spans the values', 'minmax', false, [-0.5, 0.25, 1], 0.5, 1],
  ['keeps the true range, zero −1 clamped to 0', 'minmax', false, [0.5, 1, 2], 0.5, 0],
  ['keeps the true range, zero 3 of −(−3)/(2/3) = 4.5 clamped', 'minmax', false, [-3, -1], f16(2 / 3), 3],
  ['is at least 1e-5 wide', 'minmax', false, [0, 0], f16(1e-5 / 3), 0],
  ['symmetric: a / (2 − 1)', 'minmax', true, [-0.5, 0.25, 1], 1, 2],
  ['symmetric: a at least 1e-5', 'minmax', true, [0, 0], f16(1e-5), 2],
  ['leaves the zero outside the codes', 'free', false, [0.5, 1, 2], 0.5, -1],
  ['leaves the zero outside the codes: 3 / 0.6665 = 4.501 → 5', 'free', false, [-3, -1], f16(2 / 3), 5],
  ['clamps scale to 1e-5 and zero to −1e4', 'free', false, [0.5, 0.5], f16(1e-5), -1e4],
  ['clamps scale to 1e4', 'free', false, [-4e4, 4e4], 1e4, 4],
  ['symmetric: a / (2 − 1), at least 1e-5', 'free', true, [4e-6], f16(1e-5), 2],
])('%s (%s, symmetric %s): %j', (_, range, symmetric, values, scale, zero) => {
  expect(gridOf(values, { range, symmetric })).toEqual({ scale, zero });
});

test('3 bits, symmetric: the two lineages differ', () => {
  expect(gridOf([-3, 1], { bits: 3, symmetric: true })).toEqual({ scale: f16(6 / 7), zero: 4 });
  expect(gridOf([-3, 1], { bits: 3, symmetric: true, range: 'minmax' })).toEqual({ scale: 1, zero: 4 });
  // 4e-6: minmax widens the range to 1e-5 (÷ 3), free lifts the scale itself to 1e-5.
  expect(gridOf([4e-6], { bits: 3, symmetric: true, range: 'minmax' }).scale).toBe(f16(1e-5 / 3));
  expect(gridOf([4e-6], { bits: 3, symmetric: true, range: 'free' }).scale).toBe(f16(1e-5));
});

test('a scale below half precision becomes its smallest number, one above becomes infinite', () => {
  expect(gridOf([1e-9], {}).scale).toBe(2 ** -24);
  expect(gridOf([1e9], {}).scale).toBe(Number.POSITIVE_INFINITY);
});

test('codes round halves to even, then clamp', () => {
  // w / scale = −2, −0.5, 0.5, 1.5, 9 with zero 1 and codes 0…3.
  expect([-2, -0.5, 0.5, 1.5, 9].map((w) => quantize(w, 1, 1, 3))).toEqual([0, 1, 1, 3, 3]);
});

test('only the slice asked for counts', () => {
  const grid = { scale: 0, zero: 0 };
  fitGrid(
    Float64Array.of(99, -0.5, 1, 99),
    1,
    2,
    { bits: 2, symmetric: false, range: 'zero', mse: false },
    grid,
  );
  expect(grid).toEqual({ scale: 0.5, zero: 1 });
});

/** The shrink search as a person would write it: every p, every error in full. */
function slowMse(values: readonly number[], rule: AffineRule) {
  let best = { scale: 0, zero: 0, error: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 80; i++) {
    const p = 1 - i / 100;
    const ends = [p * Math.min(...values), p * Math.max(...values)];
    const { scale, zero } = gridOf(ends, { ...rule, mse: false });
    const codes = values.map((w) => quantize(w, scale, zero, 2 ** rule.bits - 1));
    const error = values.reduce((sum, w, k) => sum + Math.abs(w - scale * (codes[k] - zero)) ** 2.4, 0);
    if (error < best.error) best = { scale, zero, error };
  }
  return { scale: best.scale, zero: best.zero };
}

const cases = (['zero', 'minmax', 'free'] as const).flatMap((range) =>
  [false, true].flatMap((symmetric) => [2, 3, 4, 8].map((bits) => ({ range, symmetric, bits, mse: true }))),
);

test.each(cases)(
  'the MSE search finds the best of 80 ranges: $range, symmetric $symmetric, $bits bits',
  (rule) => {
    const rng = createRng(rule.bits);
    let shrunk = 0;
    for (let round = 0; round < 20; round++) {
      const values = Array.from({ length: 32 }, () => rng.normal());
      const grid = gridOf(values, rule);
      expect(grid).toEqual(slowMse(values, rule));
      if (grid.scale < gridOf(values, { ...rule, mse: false }).scale) shrunk++;
    }
    if (rule.bits <= 3) expect(shrunk).toBeGreaterThan(10);
  },
);
