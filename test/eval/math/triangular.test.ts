import { expect, test } from 'vitest';
import { createRng } from '../../../eval/math/rng.ts';
import { subtractProduct } from '../../../eval/math/subtract-product.ts';
import { invertUpper, upperCholesky, upperFactorOfInverse } from '../../../eval/math/triangular.ts';

/** XᵀX of a random X with twice as many rows. */
function positiveDefinite(K: number, seed: number): Float64Array {
  const rng = createRng(seed);
  const x = Float64Array.from({ length: 2 * K * K }, () => rng.normal());
  const a = new Float64Array(K * K);
  for (let t = 0; t < 2 * K; t++) {
    for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) a[i * K + j] += x[t * K + i] * x[t * K + j];
  }
  return a;
}

/** Largest |a − b| relative to the largest |b|. */
function distance(a: Float64Array, b: Float64Array): number {
  let worst = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return worst / size;
}

function product(a: Float64Array, b: Float64Array, K: number): Float64Array {
  const c = new Float64Array(K * K);
  for (let i = 0; i < K; i++) {
    for (let t = 0; t < K; t++) for (let j = 0; j < K; j++) c[i * K + j] += a[i * K + t] * b[t * K + j];
  }
  return c;
}

function transpose(a: Float64Array, K: number): Float64Array {
  return a.map((_, at) => a[(at % K) * K + Math.floor(at / K)]);
}

test('a 2×2 factor by hand', () => {
  // A = [[5, 2], [2, 4]]: R = [[2, 1], [0, 2]], since R·Rᵀ = [[4 + 1, 2], [2, 4]]; U = R⁻¹ = [[1/2, −1/4], [0, 1/2]].
  const a = Float64Array.of(5, 2, 2, 4);
  expect([...upperFactorOfInverse(a, 2)!]).toEqual([0.5, -0.25, 0, 0.5]);
  expect([...a]).toEqual([5, 2, 2, 4]);
});

// Sizes below, at and above the block of 128, odd ones included.
test.each([1, 2, 3, 7, 127, 128, 129, 200, 257])('R·Rᵀ = A and R·R⁻¹ = 1 for K = %d', (K) => {
  const a = positiveDefinite(K, K);
  const r = Float64Array.from(a);
  expect(upperCholesky(r, K)).toBe(true);
  expect(distance(product(r, transpose(r, K), K), a)).toBeLessThan(1e-13);
  const inverse = Float64Array.from(r);
  invertUpper(inverse, K);
  const identity = a.map((_, at) => (at % (K + 1) === 0 ? 1 : 0));
  expect(distance(product(r, inverse, K), identity)).toBeLessThan(1e-11);
  for (let i = 1; i < K; i++) expect(r.subarray(i * K, i * K + i).every((x) => x === 0)).toBe(true);
});

test.each([5, 130])('Uᵀ·U·A = 1 for K = %d: U is the upper Cholesky factor of the inverse', (K) => {
  const a = positiveDefinite(K, K + 1);
  const u = upperFactorOfInverse(a, K)!;
  const identity = a.map((_, at) => (at % (K + 1) === 0 ? 1 : 0));
  expect(distance(product(product(transpose(u, K), u, K), a, K), identity)).toBeLessThan(1e-10);
  for (let i = 0; i < K; i++) expect(u[i * K + i]).toBeGreaterThan(0);
});

test('refuses what is not positive definite', () => {
  expect(upperFactorOfInverse(Float64Array.of(1, 2, 2, 1), 2)).toBeNull();
  expect(upperFactorOfInverse(Float64Array.of(0), 1)).toBeNull();
  expect(upperFactorOfInverse(Float64Array.of(Number.NaN), 1)).toBeNull();
  expect(upperFactorOfInverse(Float64Array.of(Number.POSITIVE_INFINITY), 1)).toBeNull();
  // Rank 1: every pivot but one is rounding noise.
  const rankOne = Float64Array.from(
    { length: 9 },
    (_, at) => [0.1, 0.7, 0.3][at % 3] * [0.1, 0.7, 0.3][Math.floor(at / 3)],
  );
  expect(upperFactorOfInverse(rankOne, 3)).toBeNull();
});

test.each([
  [1, 1, 1],
  [3, 5, 2],
  [2, 4, 128],
  [5, 131, 129],
  [33, 6, 300],
])('C −= A·B with m = %d, n = %d, k = %d and strides', (m, n, k) => {
  const rng = createRng(m + n + k);
  const random = (rows: number, stride: number) =>
    Float64Array.from({ length: rows * stride + 3 }, () => rng.normal());
  const a = { data: random(m, k + 2), at: 1, stride: k + 2 };
  const b = { data: random(k, n + 1), at: 2, stride: n + 1 };
  const c = { data: random(m, n + 3), at: 3, stride: n + 3 };
  const expected = Float64Array.from(c.data);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let t = 0; t < k; t++) sum += a.data[1 + i * a.stride + t] * b.data[2 + t * b.stride + j];
      expected[3 + i * c.stride + j] -= sum;
    }
  }
  subtractProduct(c, a, b, m, n, k);
  expect(distance(c.data, expected)).toBeLessThan(1e-13);
});
