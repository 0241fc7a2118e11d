/** Passes of coordinate descent on the device against rung 0. */
import { beforeAll, expect, test } from 'vitest';
import { createRng } from '../../eval/math/rng.ts';
import { describeGpu } from './gpu.ts';
import { sampleHessian } from './quantize-samples.ts';
import { loadReference, type Reference } from './reference.ts';
import { runBoth } from './run.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await loadReference();
}, 60_000);

type Values = ArrayLike<number>;

describeGpu('descent', (device) => {
  test.each([1, 7, 65, 192, 320])('%i columns', (K) => {
    const N = 9;
    const rng = createRng(K);
    const normal = (count: number) => Float64Array.from({ length: count }, () => rng.normal());
    const order = Int32Array.from({ length: K }, (_, k) => K - 1 - k);
    const dead = Uint8Array.from({ length: K }, (_, k) => Number(k === 3));
    const square = () => new Float64Array(K * K);
    const start = runBoth(device(), reference, 'descentStart', {
      ...{ hessian: sampleHessian(K, K), K, factor: 0.5, added: 0.1, order, dead },
      ...{ arranged: square(), inverse: square() },
    });
    const near = (found: unknown, expected: unknown, limit: number) => {
      const [a, b] = [found as Values, expected as Values];
      const size = Math.max(...Array.from(b, Math.abs));
      expect(Math.max(...Array.from(b, (value, i) => Math.abs(value - a[i]!))) / size).toBeLessThan(limit);
    };
    near(start.found.arranged, start.expected.arranged, 1e-15);
    near(start.found.inverse, start.expected.inverse, 1e-12);
    const { arranged, inverse } = start.expected;
    const matrix = () => new Float64Array(N * K);
    for (const next of [matrix(), null]) {
      const { found, expected } = runBoth(device(), reference, 'descentStep', {
        ...{ w: normal(N * K), codes: Uint8Array.from({ length: N * K }, () => rng.int(8)) },
        ...{ scales: new Float32Array(N).fill(0.3), zeros: new Int16Array(N).fill(3) },
        ...{ arranged, inverse, N, K, errors: matrix(), slopes: matrix(), next, losses: new Float64Array(N) },
      });
      for (const name of ['errors', 'slopes', 'losses', ...(next === null ? [] : ['next'])] as const)
        near(found[name as 'errors'], expected[name as 'errors'], 1e-12);
    }
  });
});
