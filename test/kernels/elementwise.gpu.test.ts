/** Operations of kernels/elementwise against rung 0: all types, odd widths, strides, in place, poisoned outputs. */
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
import { runBoth } from './run.ts';

const reference = await loadReference();
const rng = createRng(11);
const { F32, BF16 } = BL;

/** A value may fall on the other side of a rounding border of its type, and float32 sums lose some digits. */
const tolerance = (dtype: number) => DTYPES[dtype]!.spacing * (dtype === F32 ? 32 : 1);
/** Rows that fit a part of a warp, a warp, a block, and more than a block keeps; odd ones too. */
const WIDTHS = [
  1, 3, 16, 64, 100, 128, 129, 500, 512, 1000, 1024, 1027, 2048, 4096, 5120, 8199, 14336, 33001,
];
const at = (elements: Elements | NodeJS.ArrayBufferView | null, dtype: number) =>
  toFloats(dtype, elements as Elements);
/** The elements from `offset` on, so that no access is aligned. */
const shifted = (elements: Elements, offset: number) => elements.subarray(offset);

describeGpu('norm', (device) => {
  const cases = DTYPES.flatMap(({ dtype, name }) => [
    { xDtype: F32, outDtype: dtype, name: `float32 to ${name}` },
    { xDtype: dtype, outDtype: dtype, name: `${name} in place`, inPlace: true },
    { xDtype: dtype, outDtype: F32, name: `${name} to float32` },
  ]);
  test.each(cases)('$name', ({ xDtype, outDtype, inPlace = false }) => {
    for (const [index, width] of WIDTHS.entries()) {
      const [outer, inner] = [3, 2];
      const strides = {
        xOuter: 2 * width + 5,
        xInner: width + 1,
        outOuter: 2 * width + 5,
        outInner: width + 1,
      };
      const even = { xOuter: 3 * width, xInner: width, outOuter: 3 * width, outInner: width };
      const shape = { outer, inner, width, ...(index % 2 === 0 ? even : strides) };
      const x = randomElements(rng, xDtype, outer * (3 * width + 5), 3);
      const out = inPlace ? x : poisoned(outDtype, outer * (3 * width + 5));
      const [weight, bias] = [randomFloats(rng, width), randomFloats(rng, width)];
      for (const kind of [BL.RMS, BL.LAYER]) {
        const extra = kind === BL.LAYER ? { bias, unitOffset: 0 } : { bias: null, unitOffset: index % 2 };
        const values = { kind, xDtype, x, outDtype, out, weight, eps: 1e-5, ...extra, ...shape };
        const { found, expected } = runBoth(device(), reference, 'norm', values);
        const error = worstError(at(found.out, outDtype), at(expected.out, outDtype));
        expect(error, `kind ${kind}, width ${width}`).toBeLessThanOrEqual(tolerance(outDtype));
      }
    }
  });

  test('a row does not depend on the others, and overflow stays in its row', () => {
    for (const width of [64, 600, 4096]) {
      const x = randomFloats(rng, 40 * width);
      x[3 * width] = Infinity;
      x[5 * width + 1] = NaN;
      const strides = { xOuter: width, xInner: 0, outOuter: width, outInner: 0, inner: 1, width };
      const weight = new Float32Array(width).fill(1.5);
      const rest = { xDtype: F32, outDtype: F32, weight, bias: null, eps: 1e-6, unitOffset: 0, kind: BL.RMS };
      const run = (rows: Float32Array) => {
        const out = new Float32Array(rows.length).fill(NaN);
        const values = { ...rest, ...strides, x: rows, out, outer: rows.length / width };
        return runBoth(device(), reference, 'norm', values).found.out as Float32Array;
      };
      const all = run(x);
      for (const row of [0, 17, 39]) {
        const alone = x.slice(row * width, (row + 1) * width);
        expect(run(alone)).toEqual(all.subarray(row * width, (row + 1) * width));
      }
      const finiteRows = Array.from({ length: 40 }, (_, row) =>
        all.subarray(row * width, (row + 1) * width).every(Number.isFinite),
      );
      expect(finiteRows.flatMap((finite, row) => (finite ? [] : [row]))).toEqual([3, 5]);
    }
  });
});

describeGpu('rows', (device) => {
  test.each(DTYPES)('gather and add, $name', ({ dtype }) => {
    for (const width of [1, 30, 64, 257, 4096]) {
      const table = randomElements(rng, dtype, 50 * width);
      const ids = Int32Array.from({ length: 37 }, () => rng.int(48));
      for (const accumulate of [0, 1]) {
        const out = accumulate === 1 ? randomFloats(rng, 37 * width) : new Float32Array(37 * width).fill(NaN);
        const shape = { T: 37, width, offset: 2, scale: 1.7 };
        const values = { dtype, table, ids, out, ...shape, accumulate };
        const { found, expected } = runBoth(device(), reference, 'gatherRows', values);
        expect(worstError(at(found.out, F32), at(expected.out, F32))).toBeLessThan(1e-6);
      }
      const to = randomFloats(rng, 37 * (width + 4));
      const strides = { toStride: width + 4, fromStride: width, factor: 0.22 };
      const values = { to, fromDtype: dtype, from: table, ...strides, M: 37, width };
      const { found, expected } = runBoth(device(), reference, 'add', values);
      expect(worstError(at(found.to, F32), at(expected.to, F32))).toBeLessThan(1e-6);
    }
  });

  test.each(DTYPES.flatMap((from) => DTYPES.map((to) => [from, to] as const)))(
    'move %o to %o',
    (from, to) => {
      for (const [width, xInner, offset] of [
        [64, 64, 0],
        [64, 0, 0],
        [96, 100, 0],
        [7, 9, 1],
        [1030, 1030, 2],
      ] as const) {
        const x = shifted(randomElements(rng, from.dtype, 9 * 4 * 1100), offset);
        const out = poisoned(to.dtype, 9 * 4 * 1100);
        const strides = { xOuter: 4 * width, xInner, outOuter: 4 * width + 8, outInner: width };
        const values = {
          xDtype: from.dtype,
          x,
          outDtype: to.dtype,
          out,
          ...strides,
          outer: 9,
          inner: 4,
          width,
        };
        const { found, expected } = runBoth(device(), reference, 'move', values);
        expect(at(found.out, to.dtype)).toEqual(at(expected.out, to.dtype));
      }
    },
  );

  test('a flag tells of any value that is not finite', () => {
    for (const n of [1, 5, 4096, 100_003]) {
      for (const [place, value] of [
        [0, 1],
        [n - 1, NaN],
        [n >> 1, Infinity],
        [n >> 2, -Infinity],
      ] as const) {
        const x = randomFloats(rng, n);
        x[place] = value;
        const { found, expected } = runBoth(device(), reference, 'checkFinite', {
          x,
          n,
          flag: new Int32Array(1),
        });
        expect(found.flag).toEqual(expected.flag);
      }
    }
  });
});

describeGpu('activations', (device) => {
  const kinds = { silu: BL.SILU, gelu: BL.GELU, 'gelu-tanh': BL.GELU_TANH, relu: BL.RELU };
  const cases = Object.entries(kinds).flatMap(([activation, kind]) =>
    DTYPES.map((type) => ({ activation, kind, ...type })),
  );

  test.each(cases)('$activation, $name', ({ kind, dtype }) => {
    for (const [width, offset] of [
      [8, 0],
      [100, 0],
      [513, 0],
      [1024, 1],
      [2816, 0],
    ] as const) {
      const matrix = randomElements(rng, dtype, 5 * 2 * width + 1, 4);
      const [gate, up] = [shifted(matrix, offset), shifted(matrix, offset + width)];
      const out = poisoned(dtype, 5 * width);
      const strides = { gateStride: 2 * width, upStride: 2 * width, outStride: width };
      const values = { dtype, activation: kind, gate, up, out, ...strides, M: 5, width };
      const glu = runBoth(device(), reference, 'glu', values);
      const limit = DTYPES[dtype]!.spacing * (dtype === F32 ? 16 : 1);
      expect(worstError(at(glu.found.out, dtype), at(glu.expected.out, dtype))).toBeLessThanOrEqual(limit);
      const inPlace = {
        dtype,
        activation: kind,
        x: gate,
        out: gate,
        xStride: 2 * width,
        outStride: 2 * width,
      };
      const { found, expected } = runBoth(device(), reference, 'activate', { ...inPlace, M: 5, width });
      expect(worstError(at(found.out, dtype), at(expected.out, dtype))).toBeLessThanOrEqual(limit);
    }
  });

  test.each(DTYPES)('large, small and missing values, $name', ({ dtype }) => {
    const special = [-1e30, -200, -100, -90, -88, -20, -1e-30, 0, 1e-30, 20, 100, 1e30, NaN, Infinity];
    const x = new Float32Array(16).fill(1);
    x.set(special);
    const given = dtype === F32 ? x : toSpecial(dtype, x);
    for (const kind of Object.values(kinds)) {
      const values = { dtype, activation: kind, x: given, xStride: 16, outStride: 16, M: 1, width: 16 };
      const both = runBoth(device(), reference, 'activate', { ...values, out: poisoned(dtype, 16) });
      const [found, expected] = [at(both.found.out, dtype), at(both.expected.out, dtype)];
      expect(worstError(found, expected), `${kind}: ${found} for ${expected}`).toBeLessThan(0.01);
    }
  });

  const toSpecial = (dtype: number, x: Float32Array): Elements =>
    dtype === BF16
      ? Uint16Array.from(new Uint32Array(x.buffer), (bits) => bits >>> 16)
      : new Uint16Array(new Float16Array(x).buffer);
});

describeGpu('rope', (device) => {
  const cases = DTYPES.flatMap((type) => [0, 1].map((interleaved) => ({ ...type, interleaved })));
  test.each(cases)('$name, interleaved $interleaved', ({ dtype, interleaved }) => {
    const shapes = [
      { half: 64, heads: 40, headStride: 128, more: 1024 },
      { half: 16, heads: 71, headStride: 64, more: 0 },
      { half: 32, heads: 1, headStride: 64, more: 512 },
      { half: 5, heads: 3, headStride: 13, more: 1 },
      { half: 130, heads: 2, headStride: 300, more: 0 },
    ];
    for (const { half, heads, headStride, more } of shapes) {
      const [T, tokenStride] = [19, heads * headStride + more];
      const [cos, sin] = [randomFloats(rng, 50 * half), randomFloats(rng, 50 * half)];
      const rows = Int32Array.from({ length: T }, () => rng.int(50));
      const x = randomElements(rng, dtype, T * tokenStride);
      const shape = { tokenStride, headStride, half, heads, T };
      const both = runBoth(device(), reference, 'rope', { dtype, x, rows, cos, sin, ...shape, interleaved });
      const [found, expected] = [at(both.found.x, dtype), at(both.expected.x, dtype)];
      // The reference rounds once, the device each product.
      expect(worstError(found, expected)).toBeLessThanOrEqual(
        DTYPES[dtype]!.spacing * (dtype === F32 ? 4 : 1),
      );
    }
  });
});

describeGpu('rotations', (device) => {
  const widths = [1, 2, 6, 80, 96, 128, 160, 448, 1000, 1024, 4544, 14336, 4096, 28672];
  /** Values of a row are sums of all of its values. */
  const apart = (found: Float32Array | Float64Array, expected: Float32Array | Float64Array) =>
    Array.from(found, (value, i) => Math.abs(value - expected[i]!)).reduce((a, b) => Math.max(a, b), 0);

  test.each(DTYPES)('of rows equal those of rung 0, there and back, $name', ({ dtype }) => {
    for (const width of widths) {
      const x = randomElements(rng, dtype, 3 * (width + 8));
      for (const inverse of [0, 1]) {
        const shape = { xDtype: dtype, xStride: width + 8, outDtype: F32, outStride: width, M: 3, width };
        const more = { ...shape, seed: 5, inverse, out: new Float32Array(3 * width) };
        const { found, expected } = runBoth(device(), reference, 'rotateRows', { ...more, x });
        expect(apart(at(found.out, F32), at(expected.out, F32)), `${width}`).toBeLessThan(2e-5);
      }
    }
  });

  test.each([1, 32, 96, 160, 448])('of both sides of a matrix: %i', (K) => {
    const x = Float64Array.from({ length: K * K }, () => rng.normal());
    const hessian = x.map((value, place) => value + x[(place % K) * K + Math.floor(place / K)]!);
    const { found, expected } = runBoth(device(), reference, 'rotateHessian', { hessian, K, seed: 1 });
    expect(apart(found.hessian as Float64Array, expected.hessian as Float64Array)).toBeLessThan(1e-11);
  });

  test('around rounding: few values on the other side of a border', () => {
    for (const [index, width] of widths.entries()) {
      for (const G of new Set([width, width % 16 === 0 ? 16 : width, width % 32 === 0 ? width / 2 : width])) {
        const x = randomElements(rng, F32, 8 * width);
        const shape = { outer: 4, inner: 2, width, G, xOuter: 2 * width, xInner: width };
        const rule = {
          bits: 2 + (index % 7),
          range: index % 2,
          symmetric: Number(index % 3 === 0),
          clip: 0.9,
        };
        const { found, expected } = runBoth(device(), reference, 'roundRotated', {
          dtype: F32,
          x,
          ...shape,
          ...rule,
          seed: 2,
        });
        const [a, b] = [at(found.x, F32), at(expected.x, F32)];
        const square = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
        const error = Math.sqrt(square(a.map((value, i) => value - b[i]!)) / square(b));
        expect(error, JSON.stringify(shape)).toBeLessThan(0.01);
        const exact = [...a.keys()].filter((i) => Math.abs(a[i]! - b[i]!) < 1e-5).length;
        expect(exact / a.length, JSON.stringify(shape)).toBeGreaterThan(width > 2000 ? 0 : 0.4);
      }
    }
  });

  test('refuse what does not fit', () => {
    const x = new Float32Array(1021);
    const shape = { outer: 1, inner: 1, width: 1021, G: 1021, xOuter: 1021, xInner: 0, bits: 4, range: 0 };
    const call = () =>
      runBoth(device(), reference, 'roundRotated', {
        dtype: F32,
        x,
        ...shape,
        symmetric: 1,
        clip: 1,
        seed: 0,
      });
    expect(call).toThrowError(/the odd factor 1021 of 1021 values is above 512/);
  });
});

describeGpu('round groups', (device) => {
  const ranges = [BL.RANGE_ZERO, BL.RANGE_MINMAX];
  const rules = [
    { symmetric: 0, clip: 1, outliers: 0 },
    { symmetric: 1, clip: 1, outliers: 0 },
    { symmetric: 1, clip: 0.9, outliers: 0.7 },
    { symmetric: 0, clip: 0.75, outliers: 6 },
  ];
  test.each(DTYPES)('equals rung 0 bit for bit, $name', ({ dtype }) => {
    const shapes = [
      ...WIDTHS.map((width) => ({ width, G: width, inner: 1, xInner: 0, gap: width % 3 })),
      { width: 128, G: 32, inner: 8, xInner: 128, gap: 512 },
      { width: 128, G: 64, inner: 5, xInner: 130, gap: 0 },
      { width: 4096, G: 1024, inner: 1, xInner: 0, gap: 0 },
      { width: 90, G: 9, inner: 2, xInner: 95, gap: 3 },
    ];
    for (const [index, { width, G, inner, xInner, gap }] of shapes.entries()) {
      const xOuter = Math.max(width, inner * xInner) + gap;
      const x = randomElements(rng, dtype, 5 * xOuter, 10 ** ((index % 5) - 2));
      for (const range of ranges) {
        const rule = rules[index % rules.length]!;
        const shape = { outer: 5, inner, width, G, xOuter, xInner, bits: 2 + (index % 7), range, ...rule };
        const { found, expected } = runBoth(device(), reference, 'roundGroups', { dtype, x, ...shape });
        expect(at(found.x, dtype), JSON.stringify(shape)).toEqual(at(expected.x, dtype));
      }
    }
  });

  test('halves, one-sided, equal, tiny, huge and missing values', () => {
    const groups = [
      [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5],
      [5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5],
      [-9, -8, -7, -6, -5, -4, -3, -2],
      [-3, -3, -3, -3, -3, -3, -3, -3],
      [0, 0, -0, 0, 0, 0, 0, -0],
      [1e-38, 2e-39, 0, 3e-40, -1e-38, 0, 1e-44, 0],
      [3e38, -3e38, 1, 2, 3, 4, 5, 6],
      [1e30, 0, 1, 2, 3, 4, 5, -1e30],
      [NaN, 1, 2, 3, 4, 5, 6, 7],
      [1, 2, 3, Infinity, 4, 5, 6, 7],
    ];
    const x = Float32Array.from(groups.flat());
    for (const [range, rule] of ranges.flatMap((range) => rules.map((rule) => [range, rule] as const))) {
      for (const bits of [2, 3, 4, 8]) {
        const shape = {
          outer: groups.length,
          inner: 1,
          width: 8,
          G: 8,
          xOuter: 8,
          xInner: 0,
          bits,
          range,
          ...rule,
        };
        const { found, expected } = runBoth(device(), reference, 'roundGroups', { dtype: F32, x, ...shape });
        expect(found.x).toEqual(expected.x);
      }
    }
  });
});
