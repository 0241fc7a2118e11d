/** The pruning kernels against their host references: selections of any length, lists of kept weights, the column loop. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { Hessian } from '../../eval/math/hessian.ts';
import { createRng } from '../../eval/math/rng.ts';
import { describeGpu } from './gpu.ts';
import { agreement, DTYPES, sampleHessian, typed, unevenWeights } from './quantize-samples.ts';
import { loadReference } from './reference.ts';
import { runBoth } from './run.ts';

const reference = await loadReference();

/** Scores of which many are equal where `values` is small. */
function scoresOf(count: number, values: number, seed: number): Float64Array {
  const rng = createRng(seed);
  return Float64Array.from({ length: count }, () =>
    values === 0 ? Math.exp(4 * rng.normal()) : rng.int(values) / 8,
  );
}

describeGpu('pruning', (device) => {
  test.each([
    [1, 1, 1],
    [33, 4, 2],
    [9, 128, 50],
    [7, 129, 64],
    [37, 1000, 500],
    [5, 4096, 0],
    [5, 4096, 4096],
    [1, 2049, 1000],
    [1, 300_001, 150_000],
    [1, 300_001, 300_001],
    [1, 300_001, 0],
  ])('bl_drop_smallest: %i segments of %i scores, %i go', (segments, length, count) => {
    for (const values of [0, 1, 3, 100]) {
      const scores = scoresOf(segments * length, values, length);
      const scratch = new Uint8Array(8256 + 8 * Math.ceil(length / 2048));
      const kept = new Uint8Array(segments * length).fill(7);
      const both = runBoth(device(), reference, 'dropSmallest', {
        scores,
        segments,
        length,
        count,
        kept,
        scratch,
      });
      expect(both.found.kept).toEqual(both.expected.kept);
    }
  });

  test.each([
    [1, 1],
    [5, 48],
    [19, 259],
    [3, 4097],
  ])('scores, masks, types and lists, %i×%i', (N, K) => {
    const kept = Uint8Array.from({ length: N * K }, (_, i) => Number((i * 7919) % 13 < 6));
    for (const dtype of DTYPES) {
      const w = typed(unevenWeights(N, K, 4), dtype).bits;
      const scale = Float64Array.from({ length: K }, (_, k) => 1 / (1 + k));
      const scores = new Float64Array(N * K);
      const scored = runBoth(device(), reference, 'pruneScores', { dtype, w, scale, N, K, scores });
      expect(scored.found.scores).toEqual(scored.expected.scores);
      const out = new Float32Array(N * K).fill(7);
      const masked = runBoth(device(), reference, 'maskWeights', { dtype, w, kept, n: N * K, out });
      expect(masked.found.out).toEqual(masked.expected.out);
      const types = runBoth(device(), reference, 'findTypes', {
        dtype,
        w,
        n: N * K,
        flags: new Int32Array(3),
      });
      expect(types.found.flags).toEqual(types.expected.flags);
    }
    const counted = runBoth(device(), reference, 'keptOffsets', {
      kept,
      N,
      K,
      offsets: new BigInt64Array(N + 1),
    });
    const offsets = counted.expected.offsets as BigInt64Array;
    expect(counted.found.offsets).toEqual(offsets);
    for (const [size, make] of [
      [1, Uint8Array],
      [2, Uint16Array],
      [4, Uint32Array],
    ] as const) {
      const all = new make(N * K).map((_, i) => i + 1);
      const list = new make(N * K);
      const taken = runBoth(device(), reference, 'gatherKept', { size, all, kept, offsets, N, K, list });
      expect(taken.found.list).toEqual(taken.expected.list);
      const put = { size, list: taken.expected.list, kept, offsets, N, K, all: new make(N * K).fill(9) };
      const given = runBoth(device(), reference, 'scatterKept', put);
      expect(given.found.all).toEqual(given.expected.all);
    }
  });

  test('a value that is not finite is found', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const given = { dtype: BL.F32, w: Float32Array.of(1, value, 2), n: 3, flags: new Int32Array(3) };
      const { found, expected } = runBoth(device(), reference, 'findTypes', given);
      expect((found.flags as Int32Array)[2]).toBe(1);
      expect((expected.flags as Int32Array)[2]).toBe(1);
    }
  });

  test('runs and their numbers', () => {
    const [runs, m] = [1003, 4];
    const sets = new Uint16Array(256);
    sets.set([3, 5, 6, 9, 10, 12]);
    const numbers = new Uint8Array(16);
    for (let i = 0; i < 6; i++) numbers[sets[i]!] = i;
    const codes = Uint8Array.from({ length: runs }, (_, i) => (i * 5) % 6);
    const opened = runBoth(device(), reference, 'openRuns', {
      codes,
      sets,
      runs,
      m,
      kept: new Uint8Array(runs * m),
    });
    expect(opened.found.kept).toEqual(opened.expected.kept);
    const kept = opened.expected.kept!;
    const made = runBoth(device(), reference, 'numberRuns', {
      kept,
      numbers,
      runs,
      m,
      codes: new Uint8Array(runs),
    });
    expect(made.found.codes).toEqual(codes);
  });

  const rule = { bits: 4, symmetric: 0, range: BL.RANGE_ZERO, mse: 0 };
  test.each([
    { N: 40, K: 300, G: 300, percent: 50 },
    { N: 7, K: 129, G: 129, percent: 33.3 },
    { N: 40, K: 320, G: 320, runN: 1, runM: 2 },
    { N: 33, K: 640, G: 640, runN: 2, runM: 4 },
    { N: 40, K: 320, G: 320, runN: 4, runM: 8 },
    { N: 40, K: 320, G: 32, percent: 50, ...rule },
    { N: 9, K: 325, G: 65, percent: 20, ...rule, symmetric: 1 },
    { N: 40, K: 640, G: 160, runN: 2, runM: 4, ...rule },
    { N: 40, K: 320, G: 40, runN: 4, runM: 8, ...rule, bits: 3, mse: 1 },
  ])('bl_prune_columns: %j', (given) => {
    const { N, K, G } = given;
    const { upper } = new Hessian(sampleHessian(K, K), K).factor(0.01, false);
    for (const valueType of 'bits' in given ? [BL.F32] : DTYPES) {
      const w = Float64Array.from(typed(unevenWeights(N, K, 5), valueType).values);
      const parameters = {
        ...{
          bits: 0,
          symmetric: 0,
          range: BL.RANGE_ZERO,
          mse: 0,
          percent: 0,
          runN: 0,
          runM: 0,
          valueType,
          ...given,
        },
        ...{
          w,
          upper,
          fit: Number('bits' in given),
          codes: new Uint8Array(N * K),
          kept: new Uint8Array(N * K),
        },
        groupOfStep: Int32Array.from({ length: K }, (_, k) => Math.floor(k / G)),
        scales: new Float32Array((N * K) / G),
        zeros: new Int16Array((N * K) / G),
        restored: new Float32Array(N * K),
        losses: new Float64Array(N),
        errors: new Float64Array(N * 512),
        scores: new Float64Array(N * 128),
        scratch: new Uint8Array(8256 + 8 * N),
      };
      const { found, expected } = runBoth(device(), reference, 'pruneColumns', parameters);
      expect(agreement(found.kept as Uint8Array, expected.kept as Uint8Array)).toBeGreaterThanOrEqual(0.9999);
      if ('bits' in given)
        expect(agreement(found.codes as Uint8Array, expected.codes as Uint8Array)).toBeGreaterThanOrEqual(
          0.999,
        );
      else
        expect(
          agreement(found.restored as Float32Array, expected.restored as Float32Array),
        ).toBeGreaterThanOrEqual(valueType === BL.F32 ? 0.99 : 0.9999);
      const sum = (losses: unknown) => (losses as Float64Array).reduce((total, loss) => total + loss, 0);
      expect(sum(found.losses) / sum(expected.losses)).toBeCloseTo(1, 4);
    }
  });
});
