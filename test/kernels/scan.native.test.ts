/** The host references of the convolution and the scan, against selective-scan.ts and a plain loop. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import { Scanner } from '../../eval/math/selective-scan.ts';
import { randomFloats, worstError } from './elements.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();
const silu = (value: number) => value / (1 + Math.exp(-value));

test.each([
  [5, 16],
  [3, 6],
])('scans as selective-scan.ts: %i channels of %i states', (C, n) => {
  const rng = createRng(C);
  const T = 37;
  const x = randomFloats(rng, T * C);
  const step = randomFloats(rng, T * C);
  const z = randomFloats(rng, T * C);
  const parameters = randomFloats(rng, T * 2 * n);
  const logDecay = randomFloats(rng, C * n, 0.5);
  const skip = randomFloats(rng, C);
  const state = randomFloats(rng, C * n);
  const ownState = state.slice();
  const out = new Float32Array(T * C).fill(NaN);
  reference.selectiveScan({
    ...{ dtype: BL.F32, x, xStride: C, step, stepStride: C, z, zStride: C, out, outStride: C },
    ...{ b: parameters, bStride: 2 * n, c: parameters.subarray(n), cStride: 2 * n, logDecay, skip },
    ...{
      segments: Int32Array.of(0, T, -1, 0),
      S: 1,
      maxRows: T,
      levels: 0,
      C,
      n,
      state: ownState,
      resume: 1,
    },
  });
  const scanner = new Scanner(C, n);
  scanner.use({ decay: logDecay.map((value) => -Math.exp(value)), skip });
  const y = new Float32Array(T * C);
  const sizes = step.map((value) => Math.log1p(Math.exp(value)));
  scanner.run({ x, step: sizes, parameters }, 0, T, state, y);
  expect(
    worstError(
      out,
      y.map((value, i) => value * silu(z[i])),
    ),
  ).toBeLessThan(1e-5);
  expect(worstError(ownState, state)).toBeLessThan(1e-5);
});

test.each([4, 1, 2])('convolves over %i rows and keeps the last inputs', (width) => {
  const rng = createRng(width);
  const [C, T] = [3, 9];
  const weight = randomFloats(rng, C * width);
  const bias = randomFloats(rng, C);
  const x = randomFloats(rng, T * C);
  const history = randomFloats(rng, (width - 1) * C);
  const all = Float32Array.of(...history, ...x);
  const kept = history.slice();
  const out = new Float32Array(T * C).fill(NaN);
  const both = { dtype: BL.F32, xStride: C, outStride: C, weight, bias, C, width };
  const whole = { segments: Int32Array.of(0, T, -1, 0), S: 1, maxRows: T, levels: 0 };
  reference.causalConv({ ...both, ...whole, x, out, history: width > 1 ? kept : null });
  const expected = out.map((_, at) => {
    const c = at % C;
    const terms = Array.from({ length: width }, (_, i) => weight[c * width + i] * all[at + i * C]);
    return silu(bias[c] + terms.reduce((sum, term) => sum + term, 0));
  });
  expect(worstError(out, expected)).toBeLessThan(1e-6);
  expect(kept).toEqual(all.slice(all.length - kept.length));

  // Cut in two calls at row 2, which is fewer rows than the convolution is wide.
  const second = history.slice();
  const twice = new Float32Array(T * C).fill(NaN);
  for (const [from, rows] of [
    [0, 2],
    [2, T - 2],
  ]) {
    const piece = { segments: Int32Array.of(from, rows, -1, 0), S: 1, maxRows: rows, levels: 0 };
    reference.causalConv({ ...both, ...piece, x, out: twice, history: width > 1 ? second : null });
  }
  expect(twice).toEqual(out);
  expect(second).toEqual(kept);
});

test('a child goes on from its parent, however short that is', () => {
  const rng = createRng(11);
  const [C, T, width, n] = [2, 8, 4, 3];
  const x = randomFloats(rng, T * C);
  const weights = { weight: randomFloats(rng, C * width), bias: null, C, width };
  const both = { dtype: BL.F32, x, xStride: C, outStride: C };
  const scanned = {
    ...{ step: randomFloats(rng, T * C), stepStride: C, b: randomFloats(rng, T * n), bStride: n },
    ...{ c: randomFloats(rng, T * n), cStride: n, z: randomFloats(rng, T * C), zStride: C, n, C },
    ...{ logDecay: randomFloats(rng, C * n), skip: randomFloats(rng, C), resume: 1 },
  };
  const run = (segments: readonly number[]) => {
    const S = segments.length / 4;
    const given = { segments: Int32Array.from(segments), S, maxRows: T, levels: S - 1 };
    const history = new Float32Array(S * (width - 1) * C).fill(0.5);
    const state = new Float32Array(S * C * n).fill(0.25);
    const [convolved, out] = [new Float32Array(T * C), new Float32Array(T * C)];
    reference.causalConv({ ...both, ...weights, ...given, out: convolved, history });
    reference.selectiveScan({ ...both, ...scanned, ...given, out, state });
    return { convolved, out, history: history.slice(-(width - 1) * C), state: state.slice(-C * n) };
  };
  expect(run([0, 1, -1, 0, 1, 1, 0, 0, 2, 6, 1, 0])).toEqual(run([0, 8, -1, 0]));
});
