/** Matrix products on the device against sums in float64, and that a row never depends on the others. */
import { expect, test } from 'vitest';
import { Device } from '../../eval/engines/cuda/device.ts';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { slowProducts } from '../../eval/engines/cuda/slow-products.ts';
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
import { runOnDevice } from './run.ts';

const reference = await loadReference();

const TYPES = DTYPES.flatMap((type) => [
  { ...type, out: 'float32', outDtype: BL.F32 as number },
  ...(type.dtype === BL.F32 ? [] : [{ ...type, out: type.name, outDtype: type.dtype as number }]),
]);

/** M, N, K, and what rows of x and of out are longer by. */
const SHAPES: [number, number, number, number, number][] = [
  [1, 8, 8, 0, 0],
  [1, 200, 136, 0, 0],
  [3, 130, 264, 8, 8],
  [9, 257, 640, 0, 7],
  [17, 96, 1032, 16, 0],
  [5, 33, 19, 0, 0],
  [65, 131, 77, 1, 3],
  [130, 264, 512, 0, 0],
  [33, 50, 64, 3, 0],
];

/** Rows of different lengths and a place behind each that must stay NaN. */
function product(shape: (typeof SHAPES)[number], dtype: number, outDtype: number) {
  const [M, N, K, xMore, outMore] = shape;
  const rng = createRng(M + N + K);
  const [xStride, outStride] = [K + xMore, N + outMore];
  const x = randomElements(rng, dtype, M * xStride);
  const w = randomElements(rng, dtype, N * K, K ** -0.5);
  return { dtype, x, xStride, w, out: poisoned(outDtype, M * outStride), outDtype, outStride, M, N, K };
}

/** Large arrays without drawing every number; 8191 is prime, so that rows differ. */
function repeated<E extends Elements>(elements: E, count: number): E {
  const all = elements.constructor === Float32Array ? new Float32Array(count) : new Uint16Array(count);
  for (let at = 0; at < count; at += elements.length) all.set(elements.subarray(0, count - at), at);
  return all as E;
}

describeGpu('matmul', (device) => {
  test.each(TYPES)('$name to $out', ({ dtype, outDtype, spacing }) => {
    for (const shape of SHAPES) {
      const values = { ...product(shape, dtype, outDtype), accumulate: 0 };
      const found = runOnDevice(device(), 'matmul', values).out as Elements;
      reference.matmul(values);
      const expected = toFloats(outDtype, values.out);
      const tolerance = outDtype === BL.F32 ? 2e-5 : spacing;
      expect(worstError(toFloats(outDtype, found), expected), String(shape)).toBeLessThan(tolerance);
    }
  });

  test.each(TYPES)('adds to what is there: $name to $out', ({ dtype, outDtype, spacing }) => {
    for (const shape of SHAPES) {
      const given = product(shape, dtype, outDtype);
      const out = randomElements(createRng(5), outDtype, given.out.length);
      const values = { ...given, out, accumulate: 1 };
      const found = runOnDevice(device(), 'matmul', values).out as Elements;
      reference.matmul(values);
      const error = worstError(toFloats(outDtype, found), toFloats(outDtype, out));
      expect(error, String(shape)).toBeLessThan(outDtype === BL.F32 ? 2e-5 : spacing);
    }
  });

  test.each(TYPES)('a row has the same bits whatever M: $name to $out', ({ dtype, outDtype }) => {
    for (const [N, K, most] of [
      [264, 1032, 300],
      [2048, 512, 4096],
      [131, 77, 300],
      [1000, 4096, 200],
    ] as const) {
      const rng = createRng(N);
      const x = repeated(randomElements(rng, dtype, 8191), most * K);
      const w = repeated(randomElements(rng, dtype, 8191, K ** -0.5), N * K);
      const outputs = [1, 7, 64, most].map((M) => {
        const rows = x.subarray((most - M) * K);
        const out = poisoned(outDtype, M * N);
        const given = {
          dtype,
          x: rows,
          xStride: K,
          w,
          out,
          outDtype,
          outStride: N,
          M,
          N,
          K,
          accumulate: 0,
        };
        const all = runOnDevice(device(), 'matmul', given).out as Elements;
        return Buffer.from(all.slice(-N).buffer).toString('base64');
      });
      expect(new Set(outputs).size, `N = ${N}, K = ${K}`).toBe(1);
    }
  });

  test.each(DTYPES)('gram: $name', ({ dtype }) => {
    for (const [M, K, more] of [
      [1, 8, 0],
      [70, 264, 8],
      [40, 131, 0],
      [300, 136, 5],
      [64, 2312, 0],
    ] as const) {
      for (const accumulate of [0, 1]) {
        const rng = createRng(M + K);
        const xStride = K + more;
        const x = randomElements(rng, dtype, M * xStride);
        const before = accumulate === 1 ? new Float32Array(K * K).fill(3) : poisoned(BL.F32, K * K);
        const values = { dtype, x, xStride, M, K, gram: before, accumulate };
        const found = runOnDevice(device(), 'gram', values).gram as Float32Array;
        reference.gram(values);
        const where = `M = ${M}, K = ${K}, accumulate ${accumulate}`;
        expect(worstError(found, before as Float32Array, M ** 0.5), where).toBeLessThan(1e-5);
        const isSymmetric = found.every((value, i) => value === found[(i % K) * K + Math.floor(i / K)]);
        expect(isSymmetric, where).toBe(true);
      }
    }
  });

  test.each(DTYPES)('bias: $name', ({ dtype, spacing }) => {
    for (const [M, N, more] of [
      [3, 64, 8],
      [5, 33, 1],
      [1, 8, 0],
    ] as const) {
      const rng = createRng(N);
      const xStride = N + more;
      const x = randomElements(rng, dtype, M * xStride);
      const values = { dtype, x, xStride, bias: randomFloats(rng, N), M, N };
      const found = toFloats(dtype, runOnDevice(device(), 'bias', values).x as Elements);
      reference.bias(values);
      // One sum in float32 and one rounding: the same on both sides.
      expect(worstError(found, toFloats(dtype, x))).toBeLessThan(spacing / 1000);
    }
  });

  test('products without tensor cores are told, each once', () => {
    const own = Device.open();
    try {
      expect(slowProducts(own.kernels)).toEqual([]);
      const run = (shape: [number, number, number, number, number]) =>
        runOnDevice(own, 'matmul', { ...product(shape, BL.BF16, BL.BF16), accumulate: 0 });
      run([3, 16, 24, 0, 0]);
      run([3, 16, 21, 0, 0]);
      run([5, 16, 21, 0, 0]);
      const found = { operation: 'matmul', dtype: BL.BF16, N: 16, K: 21, isAligned: false };
      expect(slowProducts(own.kernels)).toEqual([found]);
    } finally {
      own.close();
    }
  });

  test('sizes that do not fit are named', () => {
    const values = { ...product([2, 8, 16, 0, 0], BL.F32, BL.F32), accumulate: 0 };
    expect(() => runOnDevice(device(), 'matmul', { ...values, xStride: 15 })).toThrowError(
      /^\[bl_matmul\] rows of 16 and 8 with strides of 15 and 8\. Called with dtype = 0, xStride = 15, /,
    );
    expect(() => runOnDevice(device(), 'matmul', { ...values, outDtype: BL.BF16 })).toThrowError(
      /out_dtype 2 is neither dtype 0 nor 0/,
    );
  });
});
