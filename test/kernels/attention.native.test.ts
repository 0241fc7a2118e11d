/** The host references of attention and of its pages, against plain loops. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import {
  type AttentionProblem,
  continuations,
  gatherRows,
  pagesFor,
  problemOf,
  relativeError,
  type Shape,
  texts,
} from './attention-cases.ts';
import { type Elements, poisoned, toElements, toFloats } from './elements.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();

/** Row and position of every key that the query at `position` sees, the last `window` of the text. */
function visibleKeys(segment: Int32Array, position: number, window: number): [number, number][] {
  const [, , , prefixRow, prefixLength, ownRow] = segment;
  const all = Array.from({ length: position + 1 }, (_, j): [number, number] =>
    j < prefixLength ? [prefixRow + j, j] : [ownRow + j - prefixLength, j],
  );
  return window === 0 ? all : all.slice(-window);
}

const bfloat16 = (value: number) => toFloats(BL.BF16, toElements(BL.BF16, Float32Array.of(value)))[0];

/** Attention by its formula, one query, head and value at a time. */
function attendSlowly(problem: AttentionProblem): Float32Array {
  const { dtype, heads, kvHeads, qkDim, vDim, scale, softCap, window, roundedFactor } = problem;
  const [q, k, v] = [problem.q, problem.k, problem.v].map((part) => toFloats(dtype, part as Elements));
  const slopes = problem.slopes as Float32Array | null;
  const out = new Float32Array(problem.out.length).fill(NaN);
  const bias = (head: number, key: number, position: number) => {
    if (slopes === null) return 0;
    if (roundedFactor === 0) return slopes[head] * (key - position);
    return roundedFactor * bfloat16(slopes[head] * bfloat16(key));
  };
  const all = problem.segments as Int32Array;
  for (let s = 0; s < problem.S; s += 1) {
    const segment = all.subarray(6 * s, 6 * s + 6);
    for (let i = 0; i < segment[1]; i += 1) {
      const [row, position] = [segment[0] + i, segment[2] + i];
      const keys = visibleKeys(segment, position, window);
      for (let head = 0; head < heads; head += 1) {
        const shared = Math.floor((head * kvHeads) / heads);
        const query = q.subarray(row * problem.qStride + head * qkDim).subarray(0, qkDim);
        const weights = keys.map(([keyRow, j]) => {
          const at = keyRow * problem.kStride + shared * qkDim;
          const score = scale * query.reduce((sum, value, d) => sum + value * k[at + d], 0);
          const capped = softCap > 0 ? softCap * Math.tanh(score / softCap) : score;
          return Math.exp(capped + bias(head, j, position));
        });
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let d = 0; d < vDim; d += 1) {
          const mixed = keys.map(
            ([keyRow], j) => weights[j] * v[keyRow * problem.vStride + shared * vDim + d],
          );
          out[row * problem.outStride + head * vDim + d] =
            mixed.reduce((sum, value) => sum + value, 0) / total;
        }
      }
    }
  }
  return out;
}

const shapes: [string, Shape][] = [
  ['every head its own keys', { heads: 3, kvHeads: 3, qkDim: 5, vDim: 5 }],
  ['shared keys, wider queries', { heads: 6, kvHeads: 2, qkDim: 12, vDim: 7 }],
  ['one head of keys and a window', { heads: 4, kvHeads: 1, qkDim: 8, vDim: 8, window: 4 }],
  ['a cap', { heads: 2, kvHeads: 1, qkDim: 8, vDim: 4, softCap: 2 }],
  ['biases by distance', { heads: 4, kvHeads: 2, qkDim: 4, vDim: 4, alibi: 'plain' }],
  [
    "Falcon's biases, cap and window",
    { heads: 4, kvHeads: 2, qkDim: 6, vDim: 4, alibi: 'rounded', softCap: 3, window: 9 },
  ],
];

test.each(shapes)('reference of attention: %s', (_, shape) => {
  for (const segments of [texts([1, 13, 6]), continuations(5, [4, 1, 7])]) {
    for (const dtype of [BL.F32, BL.F16, BL.BF16]) {
      const problem = problemOf(dtype, shape, segments, 7);
      reference.attention(problem);
      const tolerance = { [BL.F32]: 1e-7, [BL.F16]: 5e-4, [BL.BF16]: 4e-3 }[dtype]!;
      expect(relativeError(toFloats(dtype, problem.out), attendSlowly(problem))).toBeLessThan(tolerance);
    }
  }
});

test.each(shapes)('reference of decoding gives the last rows of texts: %s', (_, shape) => {
  const lengths = [1, 9, 14];
  const problem = problemOf(BL.F32, shape, texts(lengths), 3);
  reference.attention(problem);
  const { pageTable, positions, rows, writes, ...pages } = pagesFor(lengths, 4, 5);
  const written = (x: Elements, xStride: number, width: number) => {
    const cache = new Float32Array(rows * width).fill(NaN);
    reference.cacheWrite({ ...pages, ...writes, dtype: BL.F32, x, xStride, cache, pageTable, width });
    return cache;
  };
  const { segments, S, maxQueries, rung, k, v, kStride, vStride, ...both } = problem;
  const last = lengths.map((_, b) => lengths.slice(0, b + 1).reduce((sum, length) => sum + length, -1));
  const out = poisoned(BL.F32, lengths.length * problem.outStride) as Float32Array;
  reference.attentionDecode({
    ...{ ...both, ...pages, pageTable, positions, out, scratch: null },
    q: gatherRows(problem.q as Elements, problem.qStride, last),
    kCache: written(k as Elements, kStride, shape.kvHeads * shape.qkDim),
    vCache: written(v as Elements, vStride, shape.kvHeads * shape.vDim),
  });
  expect(out).toEqual(gatherRows(problem.out, problem.outStride, last));
});

test('sizes that do not fit each other are an error with the numbers', () => {
  const shape = { heads: 3, kvHeads: 2, qkDim: 4, vDim: 4 };
  expect(() => reference.attention(problemOf(BL.F32, shape, texts([2]), 1))).toThrowError(
    /heads = 3 is not a positive multiple of kv_heads = 2/,
  );
});
