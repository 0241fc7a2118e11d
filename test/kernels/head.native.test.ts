/** Rung 0 of kernels/head against slow loops and the running sums of the ONNX engine. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../eval/math/rng.ts';
import { randomFloats } from './elements.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();
const rng = createRng(5);

const logSumExp = (logits: Float32Array) => {
  const highest = Math.max(...logits);
  return highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
};
/** Rows of a matrix of logits, and its columns in tiles. */
const rowsOf = (logits: Float32Array, V: number) =>
  Array.from({ length: logits.length / V }, (_, r) => logits.subarray(r * V, (r + 1) * V));
const TILES = [
  [0, 7],
  [7, 8],
  [8, 20],
] as const;
const V = 20;

describe('log-probabilities', () => {
  const statistics = (R: number) => ({
    highest: new Float32Array(R).fill(NaN),
    sum: new Float64Array(R).fill(NaN),
    best: new Int32Array(R).fill(-1),
  });

  test('of targets over three tiles', () => {
    const logits = randomFloats(rng, 3 * V, 5);
    logits[V + 3] = logits[V + 11] = 20;
    const state = statistics(3);
    const [rows, tokens] = [Int32Array.of(0, 1, 2, 2), Int32Array.of(6, 7, 19, 0)];
    const picked = new Float32Array(4).fill(NaN);
    for (const [from, to] of TILES) {
      const tile = { logits: logits.subarray(from), stride: V, width: to - from, first: from };
      reference.headUpdate({ ...tile, R: 3, bias: null, softCap: 0, ...state });
      reference.headPick({ ...tile, rows, tokens, n: 4, picked });
    }
    const out = new Float64Array(4);
    reference.headFinish({ ...state, picked, rows, n: 4, out });
    const all = rowsOf(logits, V);
    const expected = Array.from(rows, (row, i) => all[row]![tokens[i]!]! - logSumExp(all[row]!));
    for (const [i, value] of expected.entries()) expect(out[i]).toBeCloseTo(value, 10);
    expect([...state.best]).toEqual(all.map((row) => row.indexOf(Math.max(...row))));
    expect(state.best[1]).toBe(3);
  });

  test('bias and cap change the tile itself', () => {
    const logits = Float32Array.of(1, -40, 100);
    const bias = Float32Array.of(0.5, 0, -1);
    const tile = { logits, stride: 3, R: 1, width: 3, first: 0, bias, softCap: 30 };
    const state = statistics(1);
    reference.headUpdate({ ...tile, ...state });
    const capped = [1.5, -40, 99].map((value) => 30 * Math.tanh(value / 30));
    for (const [i, value] of capped.entries()) expect(logits[i]).toBeCloseTo(value, 4);
    expect(state.best[0]).toBe(2);
    expect(state.highest[0]).toBe(logits[2]);
  });
});

describe('divergence', () => {
  const compare = (p: Float32Array, q: Float32Array) => {
    const R = p.length / V;
    const [state, best] = [new Float64Array(5 * R).fill(NaN), new Int32Array(2 * R)];
    for (const [from, to] of TILES) {
      const tiles = { p: p.subarray(from), q: q.subarray(from), stride: V, R, width: to - from, first: from };
      reference.divergenceUpdate({ ...tiles, bias: null, softCap: 0, state, best });
    }
    const [kl, same] = [new Float64Array(R), new Uint8Array(R)];
    reference.divergenceFinish({ state, best, R, kl, same });
    return { kl, same };
  };

  test('equals Σ p·(ln p − ln q)', () => {
    const [p, q] = [randomFloats(rng, 4 * V, 2), randomFloats(rng, 4 * V, 2)];
    const { kl, same } = compare(p, q);
    for (const [r, a] of rowsOf(p, V).entries()) {
      const b = rowsOf(q, V)[r]!;
      const [sumP, sumQ] = [logSumExp(a), logSumExp(b)];
      const terms = Array.from(a, (logit, v) => Math.exp(logit - sumP) * (logit - sumP - (b[v]! - sumQ)));
      expect(kl[r]).toBeCloseTo(
        terms.reduce((sum, term) => sum + term, 0),
        10,
      );
      const top = (row: Float32Array) => row.indexOf(Math.max(...row));
      expect(same[r]).toBe(Number(top(a) === top(b)));
    }
  });

  test('of a distribution from itself is exactly 0, and a NaN stays one', () => {
    const p = randomFloats(rng, 50 * V, 8);
    const { kl, same } = compare(p, p.slice());
    expect(kl).toEqual(new Float64Array(50));
    expect(same).toEqual(new Uint8Array(50).fill(1));
    p[3 * V + 5] = NaN;
    expect(compare(p, p.slice()).kl[3]).toBeNaN();
  });
});

describe('sampling', () => {
  const draw = (logits: readonly number[], uniform: number, options: object = {}) => {
    const token = new Int32Array(1).fill(-1);
    const row = { logits: Float32Array.from(logits), stride: logits.length, B: 1, V: logits.length };
    const rule = { temperature: 1, topK: 0, topP: 1, ...options };
    reference.sample({ ...row, ...rule, uniforms: Float32Array.of(uniform), token });
    return token[0];
  };
  // Probabilities 0.1, 0.4, 0.2, 0.3: in falling order tokens 1, 3, 2, 0 up to 0.4, 0.7, 0.9, 1.
  const logits = [0.1, 0.4, 0.2, 0.3].map(Math.log);

  test('goes by falling probability', () => {
    expect([0, 0.39, 0.41, 0.69, 0.71, 0.89, 0.91, 0.9999].map((u) => draw(logits, u))).toEqual([
      1, 1, 3, 3, 2, 2, 0, 0,
    ]);
  });

  test('a temperature of 2 takes square roots', () => {
    // 0.316, 0.632, 0.447, 0.548 of 1.943: up to 0.325, 0.607, 0.837, 1.
    const draws = [0.32, 0.33, 0.6, 0.61, 0.83, 0.84].map((u) => draw(logits, u, { temperature: 2 }));
    expect(draws).toEqual([1, 3, 3, 2, 2, 0]);
  });

  test('top-k keeps k, top-p the shortest prefix with that mass', () => {
    // Two tokens: 0.4/0.7 = 0.571.
    expect([0.57, 0.58, 0.999].map((u) => draw(logits, u, { topK: 2 }))).toEqual([1, 3, 3]);
    // 0.75 needs three: 0.4/0.9 = 0.444, 0.7/0.9 = 0.778.
    expect([0.44, 0.45, 0.77, 0.78, 0.999].map((u) => draw(logits, u, { topP: 0.75 }))).toEqual([
      1, 3, 3, 2, 2,
    ]);
    // Of the two of top-k, 0.5 keeps the first.
    expect([0, 0.999].map((u) => draw(logits, u, { topK: 2, topP: 0.5 }))).toEqual([1, 1]);
  });

  test('temperature 0 and equal logits: the lowest id', () => {
    expect(draw([1, 5, 5, 2], 0.9, { temperature: 0 })).toBe(1);
    expect([0, 0.24, 0.26, 0.51, 0.76].map((u) => draw([3, 3, 3, 3], u))).toEqual([0, 0, 1, 2, 3]);
  });

  test('what is not a number is never drawn', () => {
    expect([0, 0.5, 0.999].map((u) => draw([NaN, 0, -Infinity, 0], u))).toEqual([1, 3, 3]);
    expect(draw([NaN, NaN], 0.5)).toBe(0);
    expect(() => draw(logits, 0.5, { topP: 0 })).toThrowError(/top_p must be above 0/);
  });
});
