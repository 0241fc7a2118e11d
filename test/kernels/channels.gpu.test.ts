/** Sums of input channels against their host reference. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { describeGpu } from './gpu.ts';
import { DTYPES, typed, unevenWeights } from './quantize-samples.ts';
import { loadReference } from './reference.ts';
import { runBoth, runOnDevice } from './run.ts';

const reference = await loadReference();

describeGpu('bl_channel_sums', (device) => {
  test.each([
    [1, 1, 1],
    [70, 33, 40],
    [300, 96, 96],
  ])('adds what the reference adds: M = %d, K = %d, rows %d apart', (M, K, xStride) => {
    for (const dtype of DTYPES) {
      const x = typed(unevenWeights(M, xStride, 4), dtype).bits;
      const before = Float64Array.from({ length: 3 * K }, (_, i) => i / 7);
      const both = runBoth(device(), reference, 'channelSums', { dtype, x, xStride, M, K, sums: before });
      const [found, expected] = [both.found.sums, both.expected.sums] as Float64Array[];
      // Added up in another order, in float64; the maxima are exact.
      for (const [i, value] of expected!.entries()) expect(found![i]! - value).toBeCloseTo(0, 9);
      expect(found!.subarray(K, 2 * K)).toEqual(expected!.subarray(K, 2 * K));
    }
  });

  test('a NaN stays visible', () => {
    const sums = new Float64Array(3);
    const x = Float32Array.of(1, Number.NaN, 2);
    const found = runOnDevice(device(), 'channelSums', { dtype: BL.F32, x, xStride: 1, M: 3, K: 1, sums });
    expect((found.sums as Float64Array)[1]).toBeNaN();
  });
});
