/** Operations of a decode step against rung 0: ragged and odd shapes, all types, poisoned outputs, rows apart from each other. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import {
  DTYPES,
  type Elements,
  poisoned,
  randomElements,
  randomFloats,
  toFloats,
  worstError,
} from './elements.ts';
import { describeGpu } from './gpu.ts';
import { loadReference } from './reference.ts';
import { runBoth, runOnDevice } from './run.ts';

const reference = await loadReference();
const rng = createRng(21);
const { F32 } = BL;
const NONE = -1;

/** A value may fall on the other side of a rounding border of its type; float32 sums of K products lose some digits. */
const tolerance = (dtype: number) => (dtype === F32 ? 2e-5 : 2 * DTYPES[dtype]!.spacing);
const at = (elements: unknown, dtype: number) => toFloats(dtype, elements as Elements);
const LINEARS = [
  { B: 1, N: 33, K: 96 },
  { B: 2, N: 16, K: 64 },
  { B: 7, N: 50, K: 1000 },
  { B: 8, N: 17, K: 4096 },
  { B: 9, N: 8, K: 264 },
  { B: 17, N: 40, K: 200 },
  { B: 33, N: 31, K: 520 },
  { B: 64, N: 24, K: 136 },
  { B: 65, N: 30, K: 72 },
  { B: 301, N: 19, K: 128 },
  { B: 130, N: 2100, K: 40 },
  { B: 5, N: 7, K: 9 },
];

describeGpu('linear', (device) => {
  test.each(DTYPES)('$name', ({ dtype }) => {
    for (const [index, { B, N, K }] of LINEARS.entries()) {
      for (const gated of [0, 1]) {
        for (const outDtype of new Set([dtype, F32])) {
          const [xStride, outStride] = [K + (index % 2 === 0 ? 0 : 24), N + (index % 3)];
          const accumulate = index % 2;
          const out =
            accumulate === 1
              ? randomElements(rng, outDtype, B * outStride)
              : poisoned(outDtype, B * outStride);
          const values = {
            ...{ dtype, x: randomElements(rng, dtype, B * xStride), xStride },
            ...{ w: randomElements(rng, dtype, N * K * (1 + gated), 1 / Math.sqrt(K)) },
            ...{ bias: index % 3 === 0 ? null : randomFloats(rng, N * (1 + gated)) },
            ...{ out, outDtype, outStride, B, N, K, accumulate, gated },
            activation: gated === 1 ? index % 4 : index % 5 === 0 ? BL.SILU : NONE,
          };
          const { found, expected } = runBoth(device(), reference, 'decodeLinear', values);
          const error = worstError(at(found.out, outDtype), at(expected.out, outDtype));
          expect(error, `B ${B}, N ${N}, K ${K}, gated ${gated}`).toBeLessThanOrEqual(tolerance(outDtype));
        }
      }
    }
  });

  test.each(DTYPES)('$name: a row alone has the bits that it has among others', ({ dtype }) => {
    const [B, N, K] = [200, 48, 2048];
    const x = randomElements(rng, dtype, B * K);
    const shared = {
      dtype,
      xStride: K,
      w: randomElements(rng, dtype, N * K),
      bias: null,
      outDtype: F32,
      outStride: N,
    };
    const run = (rows: Elements) => {
      const count = rows.length / K;
      const out = new Float32Array(count * N).fill(NaN);
      const size = { B: count, N, K, accumulate: 0, activation: NONE, gated: 0 };
      return runOnDevice(device(), 'decodeLinear', { ...shared, x: rows, out, ...size }).out as Float32Array;
    };
    const all = run(x);
    for (const [from, to] of [
      [0, 1],
      [5, 13],
      [20, 37],
      [63, 66],
      [190, 200],
    ] as const)
      expect(run(x.slice(from * K, to * K))).toEqual(all.slice(from * N, to * N));
  });

  test('sizes are checked', () => {
    const floats = new Float32Array(64);
    const values = { dtype: F32, x: floats, xStride: 4, w: floats, bias: null, out: floats, outDtype: F32 };
    const size = { outStride: 4, B: 1, N: 4, K: 4, accumulate: 0, activation: NONE, gated: 0 };
    const run = (changes: object) =>
      runOnDevice(device(), 'decodeLinear', { ...values, ...size, ...changes } as never);
    expect(() => run({ B: 1025 })).toThrow('B is 1 to 1024');
    expect(() => run({ xStride: 3 })).toThrow('strides 3 and 4');
    expect(() => run({ gated: 1 })).toThrow('activation -1, gated 1');
  });
});

describeGpu('norm', (device) => {
  test.each(DTYPES)('$name', ({ dtype }) => {
    for (const width of [1, 33, 512, 1000, 4096]) {
      for (const kind of [BL.RMS, BL.LAYER]) {
        const [B, stride] = [3, width + 5];
        const extra =
          kind === BL.LAYER
            ? { bias: randomFloats(rng, width), unitOffset: 0 }
            : { bias: null, unitOffset: 1 };
        const values = {
          ...{
            kind,
            dtype,
            x: randomFloats(rng, B * stride, 3),
            xStride: stride,
            eps: 1e-5,
            B,
            width,
            ...extra,
          },
          ...{ out: poisoned(dtype, B * stride), outStride: stride, weight: randomFloats(rng, width) },
        };
        const { found, expected } = runBoth(device(), reference, 'decodeNorm', values);
        expect(
          worstError(at(found.out, dtype), at(expected.out, dtype)),
          `width ${width}`,
        ).toBeLessThanOrEqual(tolerance(dtype));
      }
    }
  });
});

describeGpu('rotation and storing', (device) => {
  const [heads, kvHeads, qkDim, vDim, B, maxPages, pageSize] = [6, 2, 24, 16, 5, 3, 4];
  const width = (heads + kvHeads) * qkDim + kvHeads * vDim;
  const positions = Int32Array.of(0, 11, -1, 4, 7);
  const pageTable = Int32Array.from({ length: B * maxPages }, (_, i) => (i * 7) % (B * maxPages));
  test.each(DTYPES)('$name', ({ dtype }) => {
    for (const half of [0, 5, 12]) {
      for (const interleaved of [0, 1]) {
        const pages = (dim: number) => poisoned(dtype, B * maxPages * pageSize * kvHeads * dim);
        const tables = { cos: randomFloats(rng, 20 * 12), sin: randomFloats(rng, 20 * 12) };
        const values = {
          ...{ dtype, x: randomElements(rng, dtype, B * (width + 3)), xStride: width + 3, half, interleaved },
          ...{ heads, kvHeads, qkDim, vDim, ...tables, rows: Int32Array.of(0, 11, 0, 14, 7) },
          ...{ pageTable, maxPages, pageSize, positions, B, kCache: pages(qkDim), vCache: pages(vDim) },
        };
        const { found, expected } = runBoth(device(), reference, 'decodeRotate', values);
        for (const cache of ['kCache', 'vCache'] as const)
          expect(worstError(at(found[cache], dtype), at(expected[cache], dtype))).toBeLessThanOrEqual(
            tolerance(dtype),
          );
        // What is stored elsewhere need not be turned in place.
        const queries = (x: unknown) =>
          Array.from({ length: B }, (_, b) => [
            ...at(x, dtype)
              .slice(b * (width + 3))
              .slice(0, heads * qkDim),
          ]).flat();
        const error = worstError(Float32Array.from(queries(found.x)), Float32Array.from(queries(expected.x)));
        expect(error).toBeLessThanOrEqual(tolerance(dtype));
        const inPlace = runBoth(device(), reference, 'decodeRotate', {
          ...values,
          kCache: null,
          vCache: null,
        });
        expect(worstError(at(inPlace.found.x, dtype), at(inPlace.expected.x, dtype))).toBeLessThanOrEqual(
          tolerance(dtype),
        );
      }
    }
  });
});

describeGpu('advance', (device) => {
  test('moves texts on, and marks logits that are not finite', () => {
    const logits = Float32Array.of(1, 2, NaN, 1, 2, 3, 4, Infinity, 6, 7, 8, 9);
    const values = {
      ...{ logits, stride: 3, token: Int32Array.of(1, 2, 1, 0), ids: Int32Array.of(9, 9, 9, 9) },
      ...{ positions: Int32Array.of(4, -1, 6, 7), rows: Int32Array.of(4, 5, 6, 7, 14, 15, 16, 17) },
      ...{ rowTables: 2, rowStride: 4, B: 4 },
    };
    const { found, expected } = runBoth(device(), reference, 'decodeAdvance', values);
    for (const table of ['token', 'ids', 'positions', 'rows'] as const)
      expect(found[table]).toEqual(expected[table]);
    expect(found.token).toEqual(Int32Array.of(1, 2, -1, 0));
    expect(found.positions).toEqual(Int32Array.of(5, -1, 6, 8));
    expect(found.rows).toEqual(Int32Array.of(5, 5, 6, 8, 15, 15, 16, 18));
  });
});
