/** The host references of scaling and clipping against eval/math and eval/operations. */
import { describe, expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { type AffineRule, fitClippedGrid, quantize } from '../../eval/math/affine.ts';
import { Hessian } from '../../eval/math/hessian.ts';
import { cpuOperations } from '../../eval/operations/cpu.ts';
import { DTYPES, numbersOf, sampleHessian, typed, unevenWeights } from './quantize-samples.ts';
import { loadReference } from './reference.ts';
import { CLIP_RULES, factorsOf, SHAPES, sharesOf } from './rescale-cases.ts';

const reference = await loadReference();

test('weights times factors', async () => {
  const [N, K] = [9, 40];
  for (const dtype of DTYPES) {
    const { bits, values } = typed(unevenWeights(N, K, 2), dtype);
    for (const [columns, rows] of [
      [factorsOf(K, 1), factorsOf(N, 2)],
      [factorsOf(K, 3), null],
      [null, factorsOf(N, 4)],
    ] as const) {
      const out = new Float32Array(N * K);
      reference.scaleWeights({ dtype, w: bits, columns, rows, N, K, outDtype: BL.F32, out });
      const expected = await cpuOperations.rescaling.scale(
        { name: 'x', weight: values, N, K },
        { columns, rows },
      );
      expect(out).toEqual(expected.weight);
    }
  }
});

test('Hessians of divided inputs, and their squares', () => {
  const [K, G] = [24, 8];
  const values = sampleHessian(K, 3);
  const factors = factorsOf(K, 5);
  const hessian = values.slice();
  reference.scaleHessian({ hessian, factors: factors.map((factor) => 1 / factor), K });
  expect(hessian).toEqual(new Hessian(values, K).dividedBy(factors).values);
  const out = new Float32Array(K * G);
  reference.hessianBlocks({ hessian: values, K, G, dtype: BL.F32, out });
  for (let k = 0; k < K; k++) {
    const first = k - (k % G);
    expect([...out.subarray(k * G, (k + 1) * G)]).toEqual(
      [...values.subarray(k * K + first, k * K + first + G)].map(Math.fround),
    );
  }
});

/** Codes, scales and zeros of all groups, each behind its clamp, by eval/math. */
function clip(values: Float32Array, G: number, rule: AffineRule, shares: Float64Array) {
  const weights = Float64Array.from(values);
  const grid = { scale: 0, zero: 0 };
  const [scales, zeros] = [new Float32Array(shares.length), new Int16Array(shares.length)];
  const codes = new Uint8Array(values.length);
  for (const [g, share] of shares.entries()) {
    const { low, high } = fitClippedGrid(weights, g * G, G, share, rule, grid);
    [scales[g], zeros[g]] = [grid.scale, grid.zero];
    for (let i = g * G; i < (g + 1) * G; i++)
      codes[i] = quantize(
        Math.min(Math.max(weights[i]!, low), high),
        grid.scale,
        grid.zero,
        2 ** rule.bits - 1,
      );
  }
  return { codes, scales, zeros };
}

describe.each(CLIP_RULES)('$range, symmetric $symmetric, $bits bits', (rule) => {
  const { mse: _, ...numbers } = numbersOf(rule);

  test.each(SHAPES)('%d rows of %d columns in groups of %d', (N, K, G) => {
    for (const dtype of DTYPES) {
      const { bits, values } = typed(unevenWeights(N, K, 3), dtype);
      const groups = (N * K) / G;
      const shares = sharesOf(groups);
      const found = {
        codes: new Uint8Array(N * K).fill(255),
        scales: new Float32Array(groups),
        zeros: new Int16Array(groups),
      };
      reference.roundClipped({ dtype, w: bits, N, K, G, ...numbers, shares, ...found });
      expect(found).toEqual(clip(values, G, rule, shares));
      const columns = factorsOf(K, 6);
      const out = new Float32Array(N * K);
      reference.roundingLosses({
        ...{ dtype, w: bits, columns, N, K, G, ...numbers },
        ...{ share: 0.75, outDtype: BL.F32, out },
      });
      const scaled = values.map((value, i) => value * columns[i % K]!);
      const { codes, scales, zeros } = clip(scaled, G, rule, new Float64Array(groups).fill(0.75));
      const expected = values.map((value, i) => {
        const g = Math.floor(i / G);
        return scales[g]! * (codes[i]! - zeros[g]!) * (1 / columns[i % K]!) - value;
      });
      expect(out).toEqual(expected);
    }
  });
});

test('what is not finite', () => {
  const [N, K, G] = [1, 8, 4];
  const w = Float32Array.from({ length: K }, (_, k) => (k === 2 ? Number.NaN : k));
  const numbers = { bits: 4, symmetric: 0, range: BL.RANGE_ZERO };
  const out = new Float32Array(K);
  const call = { dtype: BL.F32, w, columns: null, N, K, G, ...numbers };
  reference.roundingLosses({ ...call, share: 1, outDtype: BL.F32, out });
  expect([...out].map(Number.isNaN)).toEqual([true, true, true, true, false, false, false, false]);
  const found = { codes: new Uint8Array(K).fill(9), scales: new Float32Array(2), zeros: new Int16Array(2) };
  reference.roundClipped({ ...{ dtype: BL.F32, w, N, K, G }, ...numbers, shares: sharesOf(2), ...found });
  expect([...found.codes.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
  expect(found.scales[0]).toBeNaN();
});

test('the least error and what had it', () => {
  const [least, choice] = [new Float64Array(3), new Float64Array(3)];
  const keep = (errors: number[], value: number, first: number) =>
    reference.keepLeast({ errors: Float64Array.from(errors), n: 3, value, first, least, choice });
  keep([5, Number.NaN, 2], 1, 1);
  expect([...least, ...choice]).toEqual([5, Number.POSITIVE_INFINITY, 2, 1, 1, 1]);
  keep([4, 3, 2], 0.95, 0);
  expect([...least, ...choice]).toEqual([4, 3, 2, 0.95, 0.95, 1]);
});

test('products of groups', () => {
  const x = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const y = Float32Array.from([1, 0, 2, 1, 1, 1, -1, 0]);
  const sums = new Float64Array(4);
  reference.groupProducts({ dtype: BL.F32, x, y, N: 2, K: 4, G: 2, sums });
  expect([...sums]).toEqual([1, 10, 11, -7]);
});
