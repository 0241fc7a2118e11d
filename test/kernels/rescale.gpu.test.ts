/** Scaling and clipping on the device against their host references. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { describeGpu } from './gpu.ts';
import { DTYPES, numbersOf, sampleHessian, typed, unevenWeights } from './quantize-samples.ts';
import { loadReference } from './reference.ts';
import { CLIP_RULES, factorsOf, SHAPES, sharesOf } from './rescale-cases.ts';
import { runBoth } from './run.ts';

const reference = await loadReference();

describeGpu('scaling and clipping', (device) => {
  test.each(SHAPES)('scaled weights have the same bits: %d rows of %d', (N, K) => {
    for (const dtype of DTYPES)
      for (const outDtype of DTYPES) {
        const w = typed(unevenWeights(N, K, 2), dtype).bits;
        const out = outDtype === BL.F32 ? new Float32Array(N * K) : new Uint16Array(N * K);
        const values = { dtype, w, columns: factorsOf(K, 1), rows: factorsOf(N, 2), N, K, outDtype, out };
        const { found, expected } = runBoth(device(), reference, 'scaleWeights', values);
        expect(found.out).toEqual(expected.out);
      }
  });

  test('Hessians and their squares have the same bits', () => {
    for (const [K, G] of [
      [24, 8],
      [96, 96],
      [130, 65],
    ] as const) {
      const hessian = sampleHessian(K, 3);
      const scaled = runBoth(device(), reference, 'scaleHessian', { hessian, factors: factorsOf(K, 5), K });
      expect(scaled.found.hessian).toEqual(scaled.expected.hessian);
      for (const dtype of [BL.F32, BL.BF16]) {
        const out = dtype === BL.F32 ? new Float32Array(K * G) : new Uint16Array(K * G);
        const both = runBoth(device(), reference, 'hessianBlocks', { hessian, K, G, dtype, out });
        expect(both.found.out).toEqual(both.expected.out);
      }
    }
  });

  test.each(CLIP_RULES)(
    'codes behind a clamp are the same: $range, symmetric $symmetric, $bits bits',
    (rule) => {
      const { mse: _, ...numbers } = numbersOf(rule);
      for (const [N, K, G] of [...SHAPES, [40, 512, 512] as const]) {
        for (const dtype of DTYPES) {
          const groups = (N * K) / G;
          const call = { dtype, w: typed(unevenWeights(N, K, 3), dtype).bits, N, K, G, ...numbers };
          const rounded = runBoth(device(), reference, 'roundClipped', {
            ...{ ...call, shares: sharesOf(groups), codes: new Uint8Array(N * K) },
            ...{ scales: new Float32Array(groups), zeros: new Int16Array(groups) },
          });
          for (const name of ['codes', 'scales', 'zeros'] as const)
            expect(rounded.found[name]).toEqual(rounded.expected[name]);
          for (const columns of [factorsOf(K, 6), null]) {
            const out = new Float32Array(N * K);
            const losses = { ...call, columns, share: 0.75, outDtype: BL.F32, out };
            const both = runBoth(device(), reference, 'roundingLosses', losses);
            expect(both.found.out).toEqual(both.expected.out);
          }
        }
      }
    },
  );

  test('sums of products, and the least of errors', () => {
    const [N, K] = [13, 96];
    for (const G of [4, 12, 96]) {
      for (const dtype of DTYPES) {
        const x = typed(unevenWeights(N, K, 4), dtype).bits;
        const sums = new Float64Array((N * K) / G);
        const values = { dtype, x, y: unevenWeights(N, K, 5), N, K, G, sums };
        const { found, expected } = runBoth(device(), reference, 'groupProducts', values);
        // Added up in another order, in float64.
        for (const [i, sum] of (expected.sums as Float64Array).entries())
          expect((found.sums as Float64Array)[i]! - sum).toBeCloseTo(0, 9);
      }
    }
    const errors = Float64Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? Number.NaN : i % 5));
    for (const first of [0, 1]) {
      const [least, choice] = [new Float64Array(300).fill(2), new Float64Array(300).fill(1)];
      const values = { errors, n: 300, value: 0.6, first, least, choice };
      const { found, expected } = runBoth(device(), reference, 'keepLeast', values);
      expect([found.least, found.choice]).toEqual([expected.least, expected.choice]);
    }
  });
});
