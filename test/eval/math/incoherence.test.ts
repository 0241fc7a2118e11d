import { describe, expect, test } from 'vitest';
import { butterflyOf, smallerFactor } from '../../../eval/math/butterfly.ts';
import {
  columnFactors,
  gridEnd,
  hessianMixings,
  mixed,
  weightMixings,
} from '../../../eval/math/incoherence.ts';
import { createRng } from '../../../eval/math/rng.ts';

const normal = (count: number, seed: number) => {
  const rng = createRng(seed);
  return Float64Array.from({ length: count }, () => rng.normal());
};
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

/** B, column by column: what it makes of unit vectors. */
function matrixOf(n: number, side: 'rows' | 'columns', seed: number): number[][] {
  const rows = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  const of = butterflyOf(n, side, seed).forward;
  const turned = mixed(
    rows,
    of.map((stage) => ({ axis: 'columns' as const, stage, before: null, after: null })),
  );
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, k) => turned[k * n + i]!));
}

describe.each([1, 2, 7, 12, 64, 96])('vectors of %i', (n) => {
  test('the matrix is orthogonal, mixes all numbers, and differs by side and seed', () => {
    const B = matrixOf(n, 'rows', 3);
    for (const [i, row] of B.entries())
      for (const [j, other] of B.entries()) {
        const dot = row.reduce((sum, value, k) => sum + value * other[k]!, 0);
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-12);
      }
    if (n < 12) return;
    expect(B.flat().filter((value) => value === 0)).toHaveLength(0);
    expect(Math.max(...B.flat().map(Math.abs))).toBeLessThan(0.99);
    expect(B).not.toEqual(matrixOf(n, 'columns', 3));
    expect(B).not.toEqual(matrixOf(n, 'rows', 4));
  });
});

test('weights and Hessians turn as the matrices say, and weights back without a loss', () => {
  const [N, K] = [6, 20];
  const basis = { seed: 1, columns: Float64Array.from({ length: K }, (_, k) => 0.5 + k / 8) };
  const [U, V] = [matrixOf(N, 'rows', 1), matrixOf(K, 'columns', 1)];
  const w = normal(N * K, 2);
  const turned = mixed(w, weightMixings(N, basis, false));
  const expected = Array.from({ length: N * K }, (_, at) => {
    const [n, k] = [Math.floor(at / K), at % K];
    let sum = 0;
    for (let a = 0; a < N; a++)
      for (let b = 0; b < K; b++) sum += U[n]![a]! * w[a * K + b]! * basis.columns[b]! * V[k]![b]!;
    return sum;
  });
  expect(apart(turned, expected)).toBeLessThan(1e-12);
  expect(apart(mixed(turned, weightMixings(N, basis, true)), w)).toBeLessThan(1e-12);

  const x = normal(30 * K, 3);
  const h = Float64Array.from({ length: K * K }, (_, at) =>
    Array.from({ length: 30 }, (_, t) => x[t * K + Math.floor(at / K)]! * x[t * K + (at % K)]!).reduce(
      (a, b) => a + b,
    ),
  );
  const turnedH = mixed(h, hessianMixings(basis));
  const trace = (weights: Float64Array, hessian: Float64Array) => {
    let sum = 0;
    for (let n = 0; n < N; n++)
      for (let i = 0; i < K; i++)
        for (let j = 0; j < K; j++) sum += weights[n * K + i]! * hessian[i * K + j]! * weights[n * K + j]!;
    return sum;
  };
  expect(trace(turned, turnedH) / trace(w, h)).toBeCloseTo(1, 12);
});

test('column factors even out both matrices; dead inputs and zero columns stay finite', () => {
  const factors = columnFactors(Float64Array.of(16, 1, 0, 81), Float64Array.of(1, 1, 4, 0));
  expect(factors[0]! / factors[1]!).toBeCloseTo(2, 2);
  expect(factors.every((factor) => factor > 0 && Number.isFinite(factor))).toBe(true);
  expect([...columnFactors(new Float64Array(3), Float64Array.of(1, 2, 3))]).toEqual([1, 1, 1]);
  expect(gridEnd(Float64Array.of(1, 2), Float64Array.of(8, 2), 4)).toBeCloseTo(2.4 * Math.sqrt(16 / 8), 2);
  expect(gridEnd(Float64Array.of(1, 1), Float64Array.of(0, 0), 4)).toBeGreaterThan(0);
});

test.each([
  [1, 1],
  [7, 1],
  [12, 3],
  [4096, 64],
  [14336, 112],
  [4544, 64],
])('%i splits off %i', (n, p) => expect(smallerFactor(n)).toBe(p));
