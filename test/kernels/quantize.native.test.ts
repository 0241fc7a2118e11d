/** The host references of quantization against eval/math and eval/formats. */
import { describe, expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { packBits, streamBytes } from '../../eval/formats/bit-stream.ts';
import { dequantizeCodes } from '../../eval/formats/int-grouped.ts';
import { type AffineRule, fitGrid, quantize } from '../../eval/math/affine.ts';
import { AffineColumns } from '../../eval/math/affine-columns.ts';
import { ChannelSum } from '../../eval/math/channel-sum.ts';
import { blockEndOf, runColumns } from '../../eval/math/column-loop.ts';
import { Hessian } from '../../eval/math/hessian.ts';
import { createRng } from '../../eval/math/rng.ts';
import {
  agreement,
  DTYPES,
  numbersOf,
  RULES,
  sampleHessian,
  typed,
  unevenWeights,
} from './quantize-samples.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();

/** Grids and codes of whole rows of groups by eval/math. */
function roundGroups(values: Float32Array, G: number, rule: AffineRule) {
  const weights = Float64Array.from(values);
  const grid = { scale: 0, zero: 0 };
  const scales = new Float32Array(weights.length / G);
  const zeros = new Int16Array(scales.length);
  const codes = new Uint8Array(weights.length);
  for (let g = 0; g < scales.length; g++) {
    fitGrid(weights, g * G, G, rule, grid);
    scales[g] = grid.scale;
    zeros[g] = grid.zero;
    for (let i = g * G; i < (g + 1) * G; i++)
      codes[i] = quantize(weights[i], grid.scale, grid.zero, 2 ** rule.bits - 1);
  }
  return { codes, scales, zeros };
}

describe('blr_round_weights', () => {
  test.each(RULES)('$range, symmetric $symmetric, $bits bits, mse $mse', (rule) => {
    for (const dtype of DTYPES) {
      for (const [N, K, G] of [
        [9, 96, 32],
        [8, 65, 65],
        [11, 48, 12],
      ] as const) {
        const weights = typed(unevenWeights(N, K, 3), dtype);
        const found = {
          codes: new Uint8Array(N * K).fill(255),
          scales: new Float32Array((N * K) / G),
          zeros: new Int16Array((N * K) / G),
        };
        reference.roundWeights({
          ...{ dtype, w: weights.bits, N, K, G, importance: null },
          ...numbersOf(rule),
          ...found,
        });
        expect(found).toEqual(roundGroups(weights.values, G, rule));
      }
    }
  });

  test('an importance of 0 leaves a column out of the search', () => {
    const K = 32;
    const values = unevenWeights(1, K, 9);
    const outlier = values.slice();
    outlier[7] = 2;
    const rule = numbersOf({ range: 'zero', symmetric: false, bits: 4, mse: true });
    const run = (importance: Float32Array | null) => {
      const found = { codes: new Uint8Array(K), scales: new Float32Array(1), zeros: new Int16Array(1) };
      reference.roundWeights({
        ...{ dtype: BL.F32, w: outlier, N: 1, K, G: K, importance, ...rule },
        ...found,
      });
      return found.scales[0];
    };
    expect(run(new Float32Array(K).fill(3))).toBe(run(null));
    expect(run(new Float32Array(K).fill(1).fill(0, 7, 8))).toBeLessThan(run(null));
  });

  test('a group with NaN has a scale of NaN, its neighbours do not', () => {
    const w = unevenWeights(2, 32, 1);
    w[17] = Number.NaN;
    const scales = new Float32Array(4);
    const [codes, zeros] = [new Uint8Array(64), new Int16Array(4)];
    const rule = numbersOf({ range: 'zero', symmetric: false, bits: 4, mse: false });
    reference.roundWeights({
      dtype: BL.F32,
      w,
      N: 2,
      K: 32,
      G: 16,
      importance: null,
      ...rule,
      codes,
      scales,
      zeros,
    });
    expect([...scales].map(Number.isFinite)).toEqual([true, false, true, true]);
  });

  test('refuses what does not fit', () => {
    const rule = numbersOf({ range: 'zero', symmetric: false, bits: 4, mse: false });
    const call = (over: object) =>
      reference.roundWeights({
        ...{
          dtype: BL.F32,
          w: null,
          N: 1,
          K: 32,
          G: 16,
          importance: null,
          codes: null,
          scales: null,
          zeros: null,
        },
        ...rule,
        ...over,
      });
    expect(() => call({ G: 12 })).toThrow('group size 12 does not divide K = 32');
    expect(() => call({ bits: 9 })).toThrow('9 bits; 2 to 8 are possible');
    expect(() => call({ range: 3 })).toThrow('range 3 is none of 0, 1, 2');
  });
});

test.each([2, 3, 4, 5, 6, 7, 8])('packing and dequantizing %i-bit codes', (bits) => {
  const [N, K, G] = [5, 45, 15];
  const rng = createRng(bits);
  const codes = Uint8Array.from({ length: N * K }, () => rng.int(2 ** bits));
  const packed = new Uint8Array(N * streamBytes(K, bits)).fill(255);
  reference.pack({ codes, N, K, bits, packed });
  const expected = new Uint8Array(packed.length);
  for (let n = 0; n < N; n++) packBits(codes, n * K, K, bits, expected, n * streamBytes(K, bits));
  expect(packed).toEqual(expected);
  const unpacked = new Uint8Array(N * K);
  reference.unpack({ packed, N, K, bits, codes: unpacked });
  expect(unpacked).toEqual(codes);

  const scales = Float32Array.from({ length: N * 3 }, () => Math.f16round(rng.next()));
  const zeros = Int16Array.from({ length: N * 3 }, () => rng.int(400) - 200);
  for (const groupOfColumn of [null, Uint16Array.from({ length: K }, () => rng.int(3))]) {
    const out = new Float32Array(N * K);
    reference.dequantize({ codes, scales, zeros, groupOfColumn, N, K, G, dtype: BL.F32, out });
    expect(out).toEqual(dequantizeCodes({ N, K, bits, group: G, codes, scales, zeros, groupOfColumn }));
    const w = out.map((value, i) => value + (i % 2));
    const sums = new Float64Array(2 * N);
    reference.codeErrors({ dtype: BL.F32, w, codes, scales, zeros, groupOfColumn, N, K, G, sums });
    for (let n = 0; n < N; n++) {
      const row = w.subarray(n * K, (n + 1) * K);
      const differences = row.map((value, k) => value - out[n * K + k]!);
      const square = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
      expect(sums[2 * n]).toBeCloseTo(square(differences), 4);
      expect(sums[2 * n + 1]).toBeCloseTo(square(row), 4);
    }
  }
});

test('blr_check_rounding', () => {
  const changes = (dtype: number, ...values: number[]) => {
    const flag = new Int32Array(1);
    reference.checkRounding({ dtype, x: Float32Array.from(values), n: values.length, flag });
    return flag[0] === 1;
  };
  expect([changes(BL.F32, 0.1), changes(BL.BF16, 1, -0.5, 2 ** -130), changes(BL.F16, 1, 2 ** -24)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([changes(BL.BF16, 1, 0.1), changes(BL.F16, 65520), changes(BL.BF16, Number.NaN)]).toEqual([
    true,
    true,
    true,
  ]);
});

describe('GPTQ', () => {
  test.each([
    { K: 40, actOrder: false, damping: 0.01, dead: [] },
    { K: 65, actOrder: true, damping: 0.05, dead: [3, 64] },
    { K: 150, actOrder: true, damping: 0.01, dead: [0] },
  ])('blr_factor with $K columns', ({ K, actOrder, damping, dead }) => {
    const hessian = sampleHessian(K, K, dead);
    const factor = new Hessian(
      hessian.map((value) => value * 0.5),
      K,
    ).factor(damping, actOrder);
    const [order, marks] = [new Int32Array(K), new Uint8Array(K)];
    const [upper, scratch, mean] = [new Float64Array(K * K), new Float64Array(K * K), new Float64Array(1)];
    reference.factor({
      ...{ hessian, K, factor: 0.5, damping, actOrder: Number(actOrder) },
      ...{ order, dead: marks, upper, scratch, mean },
    });
    expect([...order]).toEqual([...factor.order]);
    expect([...marks.keys()].filter((k) => marks[k] === 1)).toEqual(factor.dead);
    const largest = factor.upper!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [i, value] of upper.entries())
      expect(Math.abs(value - factor.upper![i]!)).toBeLessThan(1e-10 * largest);
  });

  test('blr_factor refuses what is not positive definite or not finite', () => {
    const [order, dead] = [new Int32Array(2), new Uint8Array(2)];
    const [upper, scratch, mean] = [new Float64Array(4), new Float64Array(4), new Float64Array(1)];
    const out = { order, dead, upper, scratch, mean };
    const rest = { K: 2, factor: 1, damping: 0.01, actOrder: 0 };
    const refusal = expect.objectContaining({ code: 'kernels/not-positive' });
    expect(() => reference.factor({ hessian: Float64Array.of(1, 2, 2, 1), ...rest, ...out })).toThrow(
      refusal,
    );
    expect(() => reference.factor({ hessian: Float64Array.of(NaN, 0, 0, 1), ...rest, ...out })).toThrow(
      refusal,
    );
    expect(mean[0]).toBeNaN();
  });

  test.each(
    RULES.flatMap((rule, i) => [
      { rule, N: 12, K: 192, G: [32, 64, 96, 192][i % 4]!, fit: true, id: JSON.stringify(rule) },
      { rule, N: 9, K: 160, G: [20, 160, 80][i % 3]!, fit: i % 2 === 0, id: JSON.stringify(rule) },
    ]),
  )('blr_column_loop, $N×$K in groups of $G, fitting $fit: $id', ({ rule, N, K, G, fit }) => {
    const { order, upper } = new Hessian(sampleHessian(K, K), K).factor(0.01, !fit);
    const values = unevenWeights(N, K, G);
    const grids = roundGroups(values, G, rule);
    const visited = Float64Array.from(values, (_, i) => values[i - (i % K) + order[i % K]!]!);
    const groupOfStep = Uint16Array.from(order, (k, step) => Math.floor((fit ? step : k) / G));
    const expected = { scales: Float64Array.from(grids.scales), zeros: grids.zeros.slice() };
    const weights = visited.slice();
    const parts = { N, K, weights, rule, group: G, groupOfStep, grids: expected, fit };
    const rounder = new AffineColumns(parts);
    const loss = runColumns({ N, K, weights, upper: upper!, blockEnd: blockEndOf(G), rounder });
    const found = { scales: grids.scales.slice(), zeros: grids.zeros.slice() };
    const [codes, losses] = [new Uint8Array(N * K), new Float64Array(N)];
    reference.columnLoop({
      ...{ w: visited, upper, N, K, G, ...numbersOf(rule), groupOfStep: Int32Array.from(groupOfStep) },
      ...{ fit: Number(fit), codes, ...found, losses, errors: null },
    });
    expect(agreement(codes, rounder.codes)).toBeGreaterThanOrEqual(0.9999);
    expect(agreement(found.scales, expected.scales)).toBeGreaterThanOrEqual(0.9999);
    expect(losses.reduce((sum, row) => sum + row, 0) / loss).toBeCloseTo(1, 6);
  });

  test('blr_visit, blr_restore and blr_hessian_add', () => {
    const order = Int32Array.of(2, 0, 1);
    const w = Float32Array.of(1, 2, 3, 4, 5, 6);
    const out = new Float64Array(6);
    reference.visit({ dtype: BL.F32, w, order, dead: Uint8Array.of(0, 1, 0), N: 2, K: 3, out });
    expect([...out]).toEqual([3, 1, 0, 6, 4, 0]);
    const restored = new Uint8Array(6);
    reference.restore({ codes: Uint8Array.of(3, 1, 2, 6, 4, 5), order, N: 2, K: 3, out: restored });
    expect([...restored]).toEqual([1, 2, 3, 4, 5, 6]);
    const hessian = Float64Array.of(1, 1, 1, 1);
    const gram = Float32Array.of(1, 2, 3, 4);
    reference.hessianAdd({ hessian, gram, K: 2, accumulate: 1 });
    expect([...hessian]).toEqual([2, 3, 4, 5]);
    reference.hessianAdd({ hessian, gram, K: 2, accumulate: 0 });
    expect([...hessian]).toEqual([1, 2, 3, 4]);
  });
});

test('blr_channel_sums adds what eval/math/channel-sum.ts sums', () => {
  const [M, K, stride] = [37, 11, 13];
  for (const dtype of DTYPES) {
    const { bits, values } = typed(unevenWeights(M, stride, 5), dtype);
    const rows = Float32Array.from(
      { length: M * K },
      (_, i) => values[Math.floor(i / K) * stride + (i % K)]!,
    );
    const expected = new ChannelSum(K);
    expected.add(rows, M);
    const { meanAbs, maxAbs, meanSquare } = expected.finish();
    const sums = new Float64Array(3 * K);
    reference.channelSums({ dtype, x: bits, xStride: stride, M, K, sums });
    expect(sums.subarray(0, K).map((sum) => sum * (1 / M))).toEqual(meanAbs);
    expect(sums.slice(K, 2 * K)).toEqual(maxAbs);
    expect(sums.subarray(2 * K).map((sum) => sum * (1 / M))).toEqual(meanSquare);
  }
});
