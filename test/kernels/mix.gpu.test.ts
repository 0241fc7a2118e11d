/** Products with random orthogonal matrices on the device against rung 0. */
import { beforeAll, expect, test } from 'vitest';
import { butterflyOf } from '../../eval/math/butterfly.ts';
import { createRng } from '../../eval/math/rng.ts';
import { describeGpu } from './gpu.ts';
import { loadReference, type Reference } from './reference.ts';
import { runBoth } from './run.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await loadReference();
}, 60_000);

describeGpu('mix', (device) => {
  // The widest keep one row of a block, two and four.
  test.each([1, 7, 64, 96, 1024, 4544, 8192, 16384])('vectors of %i, as rows and columns', (n) => {
    const rng = createRng(n);
    const normal = (count: number) => Float64Array.from({ length: count }, () => rng.normal());
    const { forward, inverse } = butterflyOf(n, 'rows', 1);
    for (const [index, { first, from, members, table, terms, stride }] of [
      ...forward,
      ...inverse,
    ].entries()) {
      // More vectors than a block takes at a time, and fewer.
      const M = n < 200 ? 133 : 5;
      const x = normal(M * n);
      const isFloat = index % 2;
      const out = isFloat === 1 ? new Float32Array(M * n) : new Float64Array(M * n);
      const factors = { before: index === 0 ? normal(n) : null, after: index === 2 ? normal(n) : null };
      for (const isColumn of [0, 1]) {
        const shape = { terms, stride, M, n, isColumn, added: index, isFloat };
        const both = runBoth(device(), reference, 'mix', {
          x,
          first,
          from,
          members,
          table,
          ...factors,
          ...shape,
          out,
        });
        const [found, expected] = [both.found.out, both.expected.out] as [Float64Array, Float64Array];
        const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
        expect(worst).toBeLessThan(isFloat === 1 ? 1e-5 : 1e-12);
      }
    }
  });
});
