import { expect, test } from 'vitest';
import { mcnemarExact } from '../../../eval/stats/mcnemar.ts';

/** The same tail with whole numbers: Σ C(n, i) for i up to the smaller count, over 2^n. */
function slowMcnemar(lost: number, gained: number): number {
  const n = BigInt(lost + gained);
  let term = 1n;
  let tail = 1n;
  for (let i = 1n; i <= BigInt(Math.min(lost, gained)); i++) {
    term = (term * (n - i + 1n)) / i;
    tail += term;
  }
  const scaled = (2n * tail * 10n ** 15n) / 2n ** n;
  return Math.min(1, Number(scaled) / 1e15);
}

test('hand-worked values', () => {
  expect(mcnemarExact(0, 0)).toBe(1);
  expect(mcnemarExact(7, 7)).toBe(1);
  expect(mcnemarExact(2, 3)).toBe(1);
  expect(mcnemarExact(5, 0)).toBe(2 / 32);
  // 2 · (1 + 12 + 66) / 4096
  expect(mcnemarExact(10, 2)).toBe(158 / 4096);
  expect(mcnemarExact(2, 10)).toBe(mcnemarExact(10, 2));
});

test('agrees with whole-number arithmetic, also for thousands of flips', () => {
  for (const [lost, gained] of [
    [1, 3],
    [40, 60],
    [812, 901],
    [3000, 3200],
  ] as const) {
    expect(mcnemarExact(lost, gained)).toBeCloseTo(slowMcnemar(lost, gained), 10);
  }
  expect(mcnemarExact(6000, 0)).toBe(0);
  // 2 · C(1300, ≤ 100) / 2^1300, where 2^−1299 alone is no double.
  expect(Math.log10(mcnemarExact(1200, 100))).toBeCloseTo(-239.27345774, 6);
});
