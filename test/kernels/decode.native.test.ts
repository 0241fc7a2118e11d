/** Rung 0 of kernels/decode against slow loops, in float32. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import { randomFloats, worstError } from './elements.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();
const rng = createRng(5);
const { F32 } = BL;

test('a gated linear is the gate, activated, times up, each with its bias', () => {
  const [B, N, K] = [2, 3, 5];
  const [x, w, bias] = [randomFloats(rng, B * K), randomFloats(rng, 2 * N * K), randomFloats(rng, 2 * N)];
  const out = new Float32Array(B * N).fill(1);
  const rows = { dtype: F32, x, xStride: K, w, bias, out, outDtype: F32, outStride: N, B, N, K };
  reference.decodeLinear({ ...rows, accumulate: 1, activation: BL.SILU, gated: 1 });
  const row = (b: number, n: number) => {
    let sum = bias[n]!;
    for (let k = 0; k < K; k += 1) sum += x[b * K + k]! * w[n * K + k]!;
    return sum;
  };
  const expected = Float32Array.from({ length: B * N }, (_, i) => {
    const [b, n] = [Math.floor(i / N), i % N];
    const gate = row(b, n);
    return 1 + (gate / (1 + Math.exp(-gate))) * row(b, N + n);
  });
  expect(worstError(out, expected)).toBeLessThan(1e-6);
});

test('norms are those of bl_norm', () => {
  const width = 37;
  const [x, weight, bias] = [randomFloats(rng, width, 3), randomFloats(rng, width), randomFloats(rng, width)];
  for (const [kind, unitOffset] of [
    [BL.RMS, 0],
    [BL.RMS, 1],
    [BL.LAYER, 0],
  ] as const) {
    const [found, expected] = [new Float32Array(width), new Float32Array(width)];
    const shared = { kind, x, weight, bias: kind === BL.LAYER ? bias : null, eps: 1e-5, unitOffset, width };
    reference.decodeNorm({ ...shared, dtype: F32, xStride: width, out: found, outStride: width, B: 1 });
    const strides = { xOuter: width, xInner: 0, outOuter: width, outInner: 0, outer: 1, inner: 1 };
    reference.norm({ ...shared, ...strides, xDtype: F32, outDtype: F32, out: expected });
    expect(worstError(found, expected)).toBeLessThan(1e-6);
  }
});

test('rotation and storing is bl_rope and two times bl_cache_write', () => {
  const [heads, kvHeads, qkDim, vDim, B, half] = [3, 1, 8, 4, 2, 3];
  const width = (heads + kvHeads) * qkDim + kvHeads * vDim;
  const x = randomFloats(rng, B * width);
  const [cos, sin] = [randomFloats(rng, 9 * half), randomFloats(rng, 9 * half)];
  const [positions, rows, texts] = [Int32Array.of(2, 5), Int32Array.of(2, 8), Int32Array.of(0, 1)];
  const pages = { pageTable: Int32Array.of(3, 0, 1, 2), maxPages: 2, pageSize: 4, positions };
  const caches = () => [new Float32Array(16 * qkDim), new Float32Array(16 * vDim)] as const;
  const [[k, v], [kExpected, vExpected]] = [caches(), caches()];
  const found = x.slice();
  reference.decodeRotate({
    ...{ dtype: F32, x: found, xStride: width, heads, kvHeads, qkDim, vDim, cos, sin, rows, half },
    ...{ interleaved: 1, kCache: k, vCache: v, ...pages, B },
  });
  const turned = x.slice();
  reference.rope({
    ...{ dtype: F32, x: turned, tokenStride: width, headStride: qkDim, rows, cos, sin, half, interleaved: 1 },
    ...{ T: B, heads: heads + kvHeads },
  });
  const store = (cache: Float32Array, from: number, dim: number) =>
    reference.cacheWrite({
      ...{ dtype: F32, x: turned.slice(from), xStride: width, cache, ...pages, texts, M: B, width: dim },
    });
  store(kExpected, heads * qkDim, qkDim);
  store(vExpected, (heads + kvHeads) * qkDim, vDim);
  expect(worstError(found, turned)).toBeLessThan(1e-6);
  expect(worstError(k, kExpected)).toBeLessThan(1e-6);
  expect(v).toEqual(vExpected);
  expect(k.some((value) => value !== 0)).toBe(true);
});

test('texts advance where they have a position and a finite logit', () => {
  const [token, ids, positions] = [Int32Array.of(1, 0, 1), Int32Array.of(7, 7, 7), Int32Array.of(3, -1, 5)];
  const rows = Int32Array.of(3, 0, 5);
  const logits = Float32Array.of(0, 1, 0, 1, 0, NaN);
  reference.decodeAdvance({
    logits,
    stride: 2,
    token,
    ids,
    positions,
    rows,
    rowTables: 1,
    rowStride: 3,
    B: 3,
  });
  expect([...token, ...ids, ...positions, ...rows]).toEqual([1, 0, -1, 1, 7, 7, 4, -1, 5, 4, 0, 5]);
});
