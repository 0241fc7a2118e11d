/** Operations of kernels/head against rung 0: odd tiles, strides, ties, overflow, poisoned outputs. */
import { expect, test } from 'vitest';
import { createRng } from '../../eval/math/rng.ts';
import { randomFloats } from './elements.ts';
import { describeGpu } from './gpu.ts';
import { loadReference, type ReferenceArguments } from './reference.ts';
import { runBoth, runOnDevice } from './run.ts';

const reference = await loadReference();
const rng = createRng(12);

/** Widths of vocabulary tiles, and how far apart rows are. */
const TILES = [
  { width: 1, stride: 1 },
  { width: 7, stride: 9 },
  { width: 256, stride: 256 },
  { width: 1000, stride: 1003 },
  { width: 8192, stride: 8192 },
  { width: 50257, stride: 50257 },
] as const;
const worst = (found: ArrayLike<number>, expected: ArrayLike<number>) =>
  Math.max(
    ...Array.from(expected as ArrayLike<number>, (value, i) =>
      Object.is(found[i], value) ? 0 : Math.abs(found[i]! - value) / Math.max(1e-300, Math.abs(value)),
    ),
  );
type Update = ReferenceArguments<'headUpdate'>;

describeGpu('head', (device) => {
  const R = 5;
  const tile = (width: number, stride: number): Update => ({
    logits: randomFloats(rng, R * stride, 4),
    ...{ stride, R, width, first: 0, bias: null, softCap: 0 },
    highest: new Float32Array(R).fill(NaN),
    sum: new Float64Array(R).fill(NaN),
    best: new Int32Array(R).fill(-7),
  });
  const check = (values: Update, name: string) => {
    const { found, expected } = runBoth(device(), reference, 'headUpdate', values);
    expect(found.highest, name).toEqual(expected.highest);
    expect(found.best, name).toEqual(expected.best);
    expect(worst(found.sum as Float64Array, expected.sum as Float64Array), name).toBeLessThan(1e-6);
    return { found, expected };
  };

  test.each(TILES)('a tile of $width, then a second', ({ width, stride }) => {
    const { expected } = check(tile(width, stride), 'first tile');
    const state = { highest: expected.highest, sum: expected.sum, best: expected.best };
    check({ ...tile(width, stride), ...state, first: width }, 'second tile');
  });

  test('bias and cap, with the tile rewritten and nothing else', () => {
    for (const [width, stride] of [
      [130, 130],
      [1001, 1024],
      [9000, 9000],
    ] as const) {
      for (const softCap of [0, 30]) {
        const values = { ...tile(width, stride), bias: randomFloats(rng, width, 20), softCap };
        const { found, expected } = runBoth(device(), reference, 'headUpdate', values);
        expect(worst(found.logits as Float32Array, expected.logits as Float32Array)).toBeLessThan(1e-6);
        expect(worst(found.sum as Float64Array, expected.sum as Float64Array)).toBeLessThan(2e-5);
        expect(found.best).toEqual(expected.best);
      }
    }
  });

  test('sums stay within 1e-6 for flat, steep and far distributions', () => {
    const width = 128256;
    const values = tile(width, width);
    const logits = values.logits as Float32Array;
    logits.fill(3.3, 0, width);
    logits.fill(-10.123, width, 2 * width)[width + 77] = 0.37;
    for (let v = 0; v < width; v++) logits[2 * width + v] = -v / 3000 + 1000;
    for (let v = 0; v < width; v++) logits[3 * width + v] = v / 1000 - 5;
    check(values, 'shapes');
  });

  test('ties go to the lowest id, also across tiles; −∞, ∞ and NaN', () => {
    const values = tile(3000, 3000);
    const logits = values.logits as Float32Array;
    for (const v of [2999, 1500, 41, 43]) logits[v] = 99;
    logits.fill(-Infinity, 3000, 6000);
    logits.fill(-Infinity, 6000, 9000)[7000] = 1;
    logits[9500] = NaN;
    logits[12500] = Infinity;
    const { found } = check(values, 'first tile');
    expect([...(found.best as Int32Array)].slice(0, 3)).toEqual([41, 0, 1000]);
    const sums = [...(found.sum as Float64Array)];
    expect(sums.map(Number.isFinite)).toEqual([true, true, true, false, false]);
    const again = { ...values, highest: found.highest, sum: found.sum, best: found.best, first: 3000 };
    expect((check(again, 'second tile').found.best as Int32Array)[0]).toBe(41);
  });

  test('a row does not depend on the others', () => {
    const values = tile(5000, 5000);
    const all = runOnDevice(device(), 'headUpdate', values).sum as Float64Array;
    for (const row of [0, 3]) {
      const logits = (values.logits as Float32Array).slice(row * 5000, (row + 1) * 5000);
      const alone = runOnDevice(device(), 'headUpdate', { ...values, logits, R: 1 });
      expect((alone.sum as Float64Array)[0]).toBe(all[row]);
    }
  });

  test('picks inside the tile, and log-probabilities', () => {
    const n = 700;
    const index = (limit: number) => Int32Array.from({ length: n }, () => rng.int(limit));
    const [rows, tokens] = [index(R), index(3000)];
    const shape = { stride: 1100, width: 1000, first: 1500, rows, tokens, n };
    const picked = new Float32Array(n).fill(NaN);
    const logits = randomFloats(rng, R * 1100);
    const pick = runBoth(device(), reference, 'headPick', { logits, ...shape, picked });
    expect(pick.found.picked).toEqual(pick.expected.picked);
    const statistics = {
      highest: randomFloats(rng, R),
      sum: new Float64Array(R).map(() => 1 + rng.next() * 99),
    };
    const values = {
      ...statistics,
      picked: randomFloats(rng, n),
      rows,
      n,
      out: new Float64Array(n).fill(NaN),
    };
    const { found, expected } = runBoth(device(), reference, 'headFinish', values);
    expect(worst(found.out as Float64Array, expected.out as Float64Array)).toBeLessThan(1e-14);
  });
});

describeGpu('divergence', (device) => {
  const R = 4;
  const empty = () => ({ state: new Float64Array(5 * R).fill(NaN), best: new Int32Array(2 * R).fill(-1) });
  const finish = (state: NodeJS.ArrayBufferView | null, best: NodeJS.ArrayBufferView | null) => {
    const values = { state, best, R, kl: new Float64Array(R).fill(NaN), same: new Uint8Array(R).fill(9) };
    return runOnDevice(device(), 'divergenceFinish', values);
  };

  test.each(TILES)('two tiles of $width', ({ width, stride }) => {
    const bias = width % 2 === 0 ? randomFloats(rng, width) : null;
    const shape = { stride, R, width, bias, softCap: width === 1000 ? 25 : 0 };
    const tiles = () => {
      const p = randomFloats(rng, R * stride, 3);
      return { p, q: p.map((logit) => logit + 0.3 * rng.normal()) };
    };
    const first = runBoth(device(), reference, 'divergenceUpdate', {
      ...tiles(),
      ...shape,
      first: 0,
      ...empty(),
    });
    const { state, best } = first.expected;
    const values = { ...tiles(), ...shape, first: width, state, best };
    for (const { found, expected } of [first, runBoth(device(), reference, 'divergenceUpdate', values)]) {
      expect(found.best).toEqual(expected.best);
      const [device_, host] = [found, expected].map((side) => finish(side.state, side.best));
      const [kl, exact] = [device_!.kl as Float64Array, host!.kl as Float64Array];
      for (let r = 0; r < R; r++) expect(Math.abs(kl[r]! - exact[r]!)).toBeLessThan(3e-6);
      expect(device_!.same).toEqual(host!.same);
    }
  });

  test('of equal tiles is exactly 0; overflow is NaN and not 0', () => {
    for (const width of [333, 8192, 128256]) {
      const p = randomFloats(rng, R * width, 6);
      p[2 * width + 9] = Infinity;
      p[3 * width + 9] = -Infinity;
      const shape = { stride: width, R, width, first: 0, bias: null, softCap: 0 };
      const { state, best } = runOnDevice(device(), 'divergenceUpdate', {
        p,
        q: p.slice(),
        ...shape,
        ...empty(),
      });
      const { kl, same } = finish(state, best);
      expect([...(kl as Float64Array)]).toEqual([0, 0, NaN, 0]);
      expect([...(same as Uint8Array)]).toEqual([1, 1, 1, 1]);
    }
  });
});

describeGpu('sampling', (device) => {
  const RULES = [
    { temperature: 0, topK: 0, topP: 1 },
    { temperature: 1, topK: 0, topP: 1 },
    { temperature: 0.7, topK: 50, topP: 1 },
    { temperature: 1.5, topK: 0, topP: 0.9 },
    { temperature: 1, topK: 40, topP: 0.5 },
    { temperature: 0.01, topK: 3, topP: 0.999 },
    { temperature: 1, topK: 1, topP: 1 },
    { temperature: 100, topK: 0, topP: 0.3 },
  ];
  /** Rows with many equals, rows of equals only, rows that overflowed, and plain ones. */
  const rows = (B: number, V: number) => {
    const logits = randomFloats(rng, B * V, 3);
    for (let v = 0; v < V; v++) logits[v] = Math.round(logits[v]!);
    logits.fill(1.25, V, 2 * V);
    if (B > 3) logits[2 * V + (V >> 1)] = NaN;
    if (B > 3) logits[3 * V + (V >> 2)] = Infinity;
    return logits;
  };

  test.each(RULES)('temperature $temperature, top-k $topK, top-p $topP', (rule) => {
    for (const [B, V, more] of [
      [40, 5, 0],
      [64, 1000, 3],
      [24, 32000, 0],
      [70, 9001, 0],
      [6, 128256, 0],
      [4, 262144, 0],
    ] as const) {
      const stride = V + more;
      const logits = new Float32Array(B * stride);
      const plain = rows(B, V);
      for (let b = 0; b < B; b++) logits.set(plain.subarray(b * V, (b + 1) * V), b * stride);
      const uniforms = Float32Array.from({ length: B }, (_, b) =>
        b === 5 ? 0 : Math.fround(rng.next() * 0.9999999),
      );
      const values = { logits, stride, B, V, ...rule, uniforms, token: new Int32Array(B).fill(-1) };
      const { found, expected } = runBoth(device(), reference, 'sample', values);
      // The exponentials of two machines differ in the last place: a number that close to a border may fall on the other side.
      const differing = Array.from({ length: B }, (_, b) => b).filter(
        (b) => (found.token as Int32Array)[b] !== (expected.token as Int32Array)[b],
      );
      for (const b of differing)
        expect(isBorder(values, b, expected.token as Int32Array), `row ${b} of ${V}`).toBe(true);
      expect(differing.length).toBeLessThanOrEqual(1);
    }
  });

  /** Whether uniforms 2e-6 lower or higher give different tokens in the reference. */
  function isBorder(values: ReferenceArguments<'sample'>, row: number, expected: Int32Array): boolean {
    const near = [-2e-6, 2e-6].map((shift) => {
      const uniforms = (values.uniforms as Float32Array).map((u) =>
        Math.min(0.99999994, Math.max(0, u + shift)),
      );
      const token = new Int32Array(values.B);
      reference.sample({ ...values, uniforms, token });
      return token[row];
    });
    return near.some((token) => token !== expected[row]);
  }

  test('frequencies follow the probabilities', () => {
    const [B, V] = [4096, 8];
    const shares = [0.02, 0.3, 0.08, 0.2, 0.1, 0.05, 0.15, 0.1];
    const logits = Float32Array.from({ length: B * V }, (_, i) => Math.log(shares[i % V]!));
    const uniforms = Float32Array.from({ length: B }, (_, b) => b / B);
    const rule = { temperature: 1, topK: 0, topP: 1 };
    const values = { logits, stride: V, B, V, ...rule, uniforms, token: new Int32Array(B) };
    const tokens = [...(runOnDevice(device(), 'sample', values).token as Int32Array)];
    for (const [id, share] of shares.entries()) {
      expect(Math.abs(tokens.filter((token) => token === id).length / B - share)).toBeLessThan(1 / B);
    }
  });
});
