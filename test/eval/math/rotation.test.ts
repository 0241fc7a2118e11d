import { describe, expect, test } from 'vitest';
import { createRng } from '../../../eval/math/rng.ts';
import { rotateBothSides, rotateRows, signAt } from '../../../eval/math/rotation.ts';

/** R by its definition: signs times the Kronecker product, entry by entry. */
function slowRotation(K: number, seed: number): number[][] {
  let m = K;
  while (m % 2 === 0) m /= 2;
  const parity = (bits: number) => bits.toString(2).replaceAll('0', '').length % 2;
  return Array.from({ length: K }, (_, i) =>
    Array.from({ length: K }, (_, j) => {
      const [a, b] = [Math.floor(i / m), Math.floor(j / m)];
      const hadamard = (parity(a & b) === 1 ? -1 : 1) / Math.sqrt(K / m);
      const angle = (2 * Math.PI * (i % m) * (j % m)) / m;
      return (signAt(seed, i) * hadamard * (Math.cos(angle) + Math.sin(angle))) / Math.sqrt(m);
    }),
  );
}

describe.each([1, 2, 3, 8, 12, 15, 64, 80])('vectors of %i', (K) => {
  const rng = createRng(K);
  const x = Float64Array.from({ length: 3 * K }, () => rng.normal());
  const near = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    expect(Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-12);

  test('turn as the matrix says, and back', () => {
    const R = slowRotation(K, 5);
    const turned = x.slice();
    rotateRows(turned, K, 5);
    near(
      turned,
      Array.from(turned, (_, at) => R.reduce((sum, row, k) => sum + x[at - (at % K) + k]! * row[at % K]!, 0)),
    );
    rotateRows(turned, K, 5, true);
    near(turned, x);
  });

  test('keep products between vectors, and statistics are those of turned vectors', () => {
    const gram = (rows: Float64Array) =>
      Float64Array.from({ length: K * K }, (_, at) => {
        const [i, j] = [Math.floor(at / K), at % K];
        return [0, 1, 2].reduce((sum, row) => sum + rows[row * K + i]! * rows[row * K + j]!, 0);
      });
    const turned = x.slice();
    rotateRows(turned, K, 2);
    near(rotateBothSides(gram(x), K, 2), gram(turned));
  });
});

test('an outlier is spread over all numbers, and seeds differ', () => {
  for (const K of [64, 96, 14 * 16]) {
    const one = new Float64Array(K);
    one[3] = 1;
    rotateRows(one, K, 0);
    expect(Math.max(...one.map(Math.abs))).toBeLessThanOrEqual(Math.SQRT2 / Math.sqrt(K) + 1e-12);
  }
  const signs = (seed: number) => Array.from({ length: 4096 }, (_, k) => signAt(seed, k));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  expect(Math.abs(sum(signs(0)))).toBeLessThan(256);
  expect(Math.abs(sum(signs(0).map((sign, k) => sign * signs(1)[k]!)))).toBeLessThan(256);
});
