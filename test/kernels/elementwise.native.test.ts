/** Rung 0 of kernels/elementwise against roundGroups and slow loops, in float32. */
import { describe, expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { PLAIN_GRID, roundGroups, roundVectors } from '../../eval/engines/forward-quantizer.ts';
import { createRng } from '../../eval/math/rng.ts';
import { rotateBothSides, rotateRows } from '../../eval/math/rotation.ts';
import { randomFloats, worstError } from './elements.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();
const rng = createRng(4);
const EXACT = 2e-7;
const { F32 } = BL;
const floats = (values: Iterable<number>) => Float32Array.from(values);
const sum = (values: Float32Array, of: (value: number) => number) =>
  values.reduce((total, value) => total + of(value), 0);

describe('norm', () => {
  const width = 33;
  const x = randomFloats(rng, width, 3);
  const weight = randomFloats(rng, width);
  const bias = randomFloats(rng, width);
  const run = (values: Partial<Parameters<typeof reference.norm>[0]>) => {
    const out = new Float32Array(width);
    const strides = { xOuter: width, xInner: width, outOuter: width, outInner: width };
    const shape = { ...strides, outer: 1, inner: 1, width, xDtype: F32, outDtype: F32 };
    const rest = { kind: BL.RMS, x, out, weight, bias: null, eps: 1e-5, unitOffset: 0 };
    reference.norm({ ...shape, ...rest, ...values });
    return out;
  };
  const root = Math.sqrt(sum(x, (value) => value * value) / width + 1e-5);

  test('RMS', () => {
    expect(
      worstError(
        run({}),
        x.map((value, i) => (value / root) * weight[i]!),
      ),
    ).toBeLessThan(EXACT);
  });

  test('RMS with weights around 0', () => {
    const expected = x.map((value, i) => (value / root) * (1 + weight[i]!));
    expect(worstError(run({ unitOffset: 1 }), expected)).toBeLessThan(EXACT);
  });

  test('layer norm with bias', () => {
    const mean = sum(x, (value) => value) / width;
    const deviation = Math.sqrt(sum(x, (value) => (value - mean) ** 2) / width + 1e-5);
    const expected = x.map((value, i) => ((value - mean) / deviation) * weight[i]! + bias[i]!);
    expect(worstError(run({ kind: BL.LAYER, bias }), expected)).toBeLessThan(EXACT);
  });

  test('an unknown kind is refused', () => {
    expect(() => run({ kind: 2 })).toThrowError(/kind 2 is none of 0 \(RMS\), 1 \(layer\)/);
  });
});

describe('activations', () => {
  const x = floats([-100, -3, -1, -0.1, 0, 0.5, 1, 2.75, 30]);
  const activated = (activation: number) => {
    const out = new Float32Array(x.length);
    const shape = { M: 1, width: x.length, xStride: x.length, outStride: x.length };
    reference.activate({ dtype: F32, activation, x, out, ...shape });
    return out;
  };

  test('silu, relu', () => {
    expect(
      worstError(
        activated(BL.SILU),
        x.map((value) => value / (1 + Math.exp(-value))),
      ),
    ).toBeLessThan(EXACT);
    expect(activated(BL.RELU)).toEqual(x.map((value) => Math.max(value, 0)));
  });

  test('both forms of gelu at published points', () => {
    // Φ(1) = 0.841344746, Φ(−3) = 0.001349898 (tables of the normal distribution).
    const exact = activated(BL.GELU);
    expect(exact[6]).toBeCloseTo(0.841344746, 6);
    expect(exact[1]).toBeCloseTo(-3 * 0.001349898, 6);
    const scale = Math.sqrt(2 / Math.PI);
    const tanh = x.map((v) => 0.5 * v * (1 + Math.tanh(scale * (v + 0.044715 * v ** 3))));
    expect(worstError(activated(BL.GELU_TANH), tanh)).toBeLessThan(EXACT);
  });

  test('glu multiplies the activated gate with up, both parts of wider rows', () => {
    const both = randomFloats(rng, 2 * 10);
    const [gate, up] = [both.subarray(0, 20), both.subarray(5, 20)];
    const out = new Float32Array(10);
    const strides = { gateStride: 10, upStride: 10, outStride: 5 };
    reference.glu({ dtype: F32, activation: BL.SILU, gate, up, out, ...strides, M: 2, width: 5 });
    const expected = out.map((_, i) => {
      const at = Math.floor(i / 5) * 10 + (i % 5);
      return (both[at]! / (1 + Math.exp(-both[at]!))) * both[at + 5]!;
    });
    expect(worstError(out, expected)).toBeLessThan(EXACT);
  });
});

describe('rope', () => {
  const angles = [0.3, 1.1, -0.7, 2];
  const table = { cos: floats(angles.map(Math.cos)), sin: floats(angles.map(Math.sin)), half: 2 };
  const turn = (a: number, b: number, angle: number) => [
    a * Math.cos(angle) - b * Math.sin(angle),
    b * Math.cos(angle) + a * Math.sin(angle),
  ];
  // Two tokens of one head of 5 values, of which 4 turn; the first uses the second row of the table.
  const x = floats([1, 2, 3, 4, 5, -1, 0.5, 0.25, 7, 9]);
  const rotated = (interleaved: number) => {
    const out = x.slice();
    const shape = { tokenStride: 5, headStride: 5, T: 2, heads: 1 };
    reference.rope({ dtype: F32, x: out, rows: Int32Array.of(1, 0), ...table, ...shape, interleaved });
    return out;
  };

  test('halves', () => {
    const [a, b] = [turn(1, 3, -0.7), turn(2, 4, 2)];
    const [c, d] = [turn(-1, 0.25, 0.3), turn(0.5, 7, 1.1)];
    const expected = floats([a[0]!, b[0]!, a[1]!, b[1]!, 5, c[0]!, d[0]!, c[1]!, d[1]!, 9]);
    expect(worstError(rotated(0), expected)).toBeLessThan(EXACT);
  });

  test('neighbours', () => {
    const pairs = [turn(1, 2, -0.7), turn(3, 4, 2), turn(-1, 0.5, 0.3), turn(0.25, 7, 1.1)].flat();
    const expected = floats([...pairs.slice(0, 4), 5, ...pairs.slice(4), 9]);
    expect(worstError(rotated(1), expected)).toBeLessThan(EXACT);
  });
});

describe('round groups', () => {
  const range = { zero: BL.RANGE_ZERO, minmax: BL.RANGE_MINMAX };
  const PLAIN = { symmetric: 0, clip: 1, outliers: 0 };
  const G = 8;
  const groups = [
    randomFloats(rng, 4 * G),
    randomFloats(rng, G, 1e-12),
    floats([0, 1, 2, 3, 4, 5, 6, 7].map((i) => i * 0.5)),
    floats([5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5]),
    floats([-9, -8, -7, -6, -5, -4, -3, -2]),
    new Float32Array(G),
    new Float32Array(G).fill(-3),
    floats([1e30, 0, 0, -1e30, 1, 2, 3, 4]),
    floats([NaN, 1, 2, 3, 4, 5, 6, 7]),
    floats([Infinity, 1, 2, 3, 4, 5, 6, 7]),
  ];
  const values = floats(groups.flatMap((group) => [...group]));

  test.each(['zero', 'minmax'] as const)('equals roundGroups bit for bit, range %s', (name) => {
    for (const bits of [2, 3, 4, 5, 6, 7, 8]) {
      const x = values.slice();
      const shape = { outer: 1, inner: 1, width: x.length, G, xOuter: x.length, xInner: x.length };
      reference.roundGroups({ dtype: F32, x, ...shape, ...PLAIN, bits, range: range[name] });
      const { rounded } = roundGroups(values, G, { ...PLAIN_GRID, bits, range: name });
      const finite = rounded.length - 2 * G;
      expect(x.subarray(0, finite)).toEqual(rounded.subarray(0, finite));
      // A group with a value that is not finite has no grid.
      expect(x.subarray(finite).every(Number.isNaN)).toBe(true);
    }
  });

  test.each([
    { symmetric: true, clip: 1, outliers: null },
    { symmetric: true, clip: 0.9, outliers: 5.5 },
    { symmetric: false, clip: 0.75, outliers: 2 },
  ])('equals roundGroups on other grids: %j', (more) => {
    for (const name of ['zero', 'minmax'] as const) {
      for (const bits of [2, 4, 8]) {
        const x = values.slice();
        const shape = { outer: x.length / G, inner: 1, width: G, G, xOuter: G, xInner: 0 };
        const { clip, outliers } = more;
        const rule = { symmetric: Number(more.symmetric), clip, outliers: outliers ?? 0 };
        reference.roundGroups({ dtype: F32, x, ...shape, bits, range: range[name], ...rule });
        const { rounded } = roundGroups(values, G, { ...PLAIN_GRID, bits, range: name, ...more });
        expect(x.map((value) => value + 0)).toEqual(rounded.map((value) => value + 0));
      }
    }
  });

  test('a clip beyond the range is refused', () => {
    const shape = { outer: 1, inner: 1, width: 4, G: 4, xOuter: 4, xInner: 4, bits: 4, range: 0 };
    const x = new Float32Array(4);
    expect(() => reference.roundGroups({ dtype: F32, x, ...shape, ...PLAIN, clip: 1.5 })).toThrowError(
      /a clip of 1.5 is not above 0 and at most 1/,
    );
  });

  test('groups that do not divide are refused', () => {
    const shape = { outer: 1, inner: 1, width: 10, G: 4, xOuter: 10, xInner: 10 };
    const x = new Float32Array(10);
    expect(() =>
      reference.roundGroups({ dtype: F32, x, ...shape, ...PLAIN, bits: 4, range: 0 }),
    ).toThrowError(/groups of 4 do not divide 10 elements/);
  });
});

describe('rotations', () => {
  test.each([1, 2, 8, 12, 80, 96, 7])('of %i values equal those of rotateRows', (width) => {
    const x = randomFloats(rng, 5 * width);
    for (const inverse of [0, 1]) {
      const expected = Float64Array.from(x);
      rotateRows(expected, width, 9, inverse === 1);
      const out = new Float32Array(x.length);
      const types = { xDtype: F32, xStride: width, outDtype: F32, outStride: width };
      reference.rotateRows({ ...types, x, out, M: 5, width, seed: 9, inverse });
      expect(worstError(out, Float32Array.from(expected))).toBeLessThan(EXACT);
    }
  });

  test.each([6, 16])('of both sides of a matrix equal rotateBothSides: %i', (K) => {
    const x = Float64Array.from(randomFloats(rng, K * K));
    const symmetric = x.map((value, at) => value + x[(at % K) * K + Math.floor(at / K)]!);
    const expected = rotateBothSides(symmetric, K, 4);
    reference.rotateHessian({ hessian: symmetric, K, seed: 4 });
    expect(symmetric.every((value, i) => Math.abs(value - expected[i]!) < 1e-12)).toBe(true);
  });

  test('around rounding equal roundVectors', () => {
    const x = randomFloats(rng, 6 * 48);
    const grid = { ...PLAIN_GRID, bits: 4, symmetric: true, clip: 0.9, rotation: 3 };
    const expected = roundVectors(x, 48, 16, grid);
    const shape = { outer: 6, inner: 1, width: 48, G: 16, xOuter: 48, xInner: 0 };
    const rule = { bits: 4, range: BL.RANGE_ZERO, symmetric: 1, clip: 0.9, seed: 3 };
    reference.roundRotated({ dtype: F32, x, ...shape, ...rule });
    expect(worstError(x, expected)).toBeLessThan(1e-5);
  });
});

test('rows are looked up, scaled and added', () => {
  const table = floats([1, 2, 3, 4, 5, 6]);
  const out = floats([10, 20, 30, 40]);
  const shape = { T: 2, width: 2, offset: 1, scale: 0.5 };
  reference.gatherRows({ dtype: F32, table, ids: Int32Array.of(1, 0), out, ...shape, accumulate: 1 });
  expect([...out]).toEqual([12.5, 23, 31.5, 42]);
  reference.add({
    to: out,
    toStride: 2,
    fromDtype: F32,
    from: table,
    fromStride: 3,
    factor: 2,
    M: 2,
    width: 1,
  });
  expect([...out]).toEqual([14.5, 23, 39.5, 42]);
});

test('an inner stride of 0 repeats while elements are converted', () => {
  const x = floats([1.5, -2, 65504, 1 / 3]);
  const out = new Float16Array(8);
  const from = { xDtype: F32, x, xOuter: 2, xInner: 0 };
  const to = { outDtype: BL.F16, out: new Uint16Array(out.buffer), outOuter: 4, outInner: 2 };
  reference.move({ ...from, ...to, outer: 2, inner: 2, width: 2 });
  expect([...out]).toEqual([1.5, -2, 1.5, -2, 65504, Math.f16round(1 / 3), 65504, Math.f16round(1 / 3)]);
});

test('one value that is not finite raises the flag, and nothing lowers it', () => {
  const flag = new Int32Array(1);
  const check = (...values: number[]) => {
    reference.checkFinite({ x: floats(values), n: values.length, flag });
    return flag[0];
  };
  expect([check(1, 2), check(1, -Infinity), check(0)]).toEqual([0, 1, 1]);
});
