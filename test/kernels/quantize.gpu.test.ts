/** The quantization kernels against their host references. */
import { describe, expect, test } from 'vitest';
import type { Device } from '../../eval/engines/cuda/device.ts';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import { describeGpu } from './gpu.ts';
import {
  agreement,
  bytesOf,
  DTYPES,
  numbersOf,
  RULES,
  sampleHessian,
  typed,
  unevenWeights,
} from './quantize-samples.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();

type View = NodeJS.ArrayBufferView;

/** Device copies of host arrays for one call; outputs come back over the same names. */
class Scope {
  readonly #device: Device;
  readonly #copies: [number, View][] = [];

  constructor(device: Device) {
    this.#device = device;
  }

  /** 0 stands for null. */
  put(values: View | null): number {
    if (values === null) return 0;
    const address = this.#device.uploaded(values);
    this.#copies.push([address, values]);
    return address;
  }

  /** A poisoned output like `values`. */
  out(values: View): number {
    const address = this.#device.alloc(values.byteLength);
    this.#device.kernels.fill({ to: address, value: 0xa5, bytes: values.byteLength });
    this.#copies.push([address, values]);
    return address;
  }

  /** Everything back to the host. */
  collect(): void {
    for (const [address, values] of this.#copies) {
      this.#device.download(address, values);
      this.#device.free(address);
    }
  }
}

describeGpu('quantization', (device) => {
  test.each(RULES)('bl_round_weights: $range, symmetric $symmetric, $bits bits, mse $mse', (rule) => {
    const differing: string[] = [];
    for (const dtype of DTYPES) {
      for (const [N, K, G] of [
        [37, 512, 128],
        [9, 96, 32],
        [8, 65, 65],
        [11, 48, 12],
        [5, 1024, 1024],
        [33, 512, 8],
        [3, 2816, 1408],
      ] as const) {
        const { bits: w } = typed(unevenWeights(N, K, 3), dtype);
        const importance = K === 96 ? Float32Array.from({ length: K }, (_, k) => 1 + (k % 5)) : null;
        const rest = { dtype, N, K, G, ...numbersOf(rule) };
        const made = () => ({
          codes: new Uint8Array(N * K),
          scales: new Float32Array((N * K) / G),
          zeros: new Int16Array((N * K) / G),
        });
        const [expected, found] = [made(), made()];
        reference.roundWeights({ ...rest, w, importance, ...expected });
        const scope = new Scope(device());
        const { codes, scales, zeros } = found;
        device().kernels.roundWeights({
          ...rest,
          ...{ w: scope.put(w), importance: scope.put(importance) },
          ...{ codes: scope.out(codes), scales: scope.out(scales), zeros: scope.out(zeros) },
        });
        scope.collect();
        for (const name of ['codes', 'scales', 'zeros'] as const) {
          const share = agreement(found[name], expected[name]);
          if (share < 1) differing.push(`${name} of ${N}×${K} g${G} type ${dtype}: ${share}`);
        }
      }
    }
    expect(differing).toEqual([]);
  });

  test('weights that are not finite give a scale of NaN', () => {
    const w = unevenWeights(4, 64, 1);
    w[70] = Number.NaN;
    w[140] = Number.POSITIVE_INFINITY;
    const rule = numbersOf({ range: 'zero', symmetric: false, bits: 4, mse: false });
    const [codes, scales, zeros] = [new Uint8Array(256), new Float32Array(8), new Int16Array(8)];
    const scope = new Scope(device());
    device().kernels.roundWeights({
      ...{ dtype: BL.F32, w: scope.put(w), N: 4, K: 64, G: 32, importance: 0, ...rule },
      ...{ codes: scope.out(codes), scales: scope.out(scales), zeros: scope.out(zeros) },
    });
    scope.collect();
    expect([...scales].map(Number.isNaN)).toEqual([false, false, true, false, true, false, false, false]);
  });

  test.each([2, 3, 4, 5, 6, 7, 8])('packing, dequantizing and errors of %i-bit codes', (bits) => {
    for (const [N, K, G] of [
      [5, 45, 15],
      [7, 256, 32],
      [130, 72, 72],
    ] as const) {
      const rng = createRng(bits);
      const codes = Uint8Array.from({ length: N * K }, () => rng.int(2 ** bits));
      const scales = Float32Array.from({ length: (N * K) / G }, () => Math.f16round(rng.next()));
      const zeros = Int16Array.from({ length: scales.length }, () => rng.int(400) - 200);
      const packed = () => new Uint8Array(N * Math.ceil((K * bits) / 8));
      const [expected, found] = [packed(), packed()];
      reference.pack({ codes, N, K, bits, packed: expected });
      const scope = new Scope(device());
      device().kernels.pack({ codes: scope.put(codes), N, K, bits, packed: scope.out(found) });
      scope.collect();
      expect(found).toEqual(expected);
      const unpacked = new Uint8Array(N * K);
      const back = new Scope(device());
      device().kernels.unpack({ packed: back.put(expected), N, K, bits, codes: back.out(unpacked) });
      back.collect();
      expect(unpacked).toEqual(codes);
      const order = Uint16Array.from({ length: K }, () => rng.int(K / G));
      for (const dtype of DTYPES) {
        for (const groupOfColumn of [null, order]) {
          const restored = () => new Uint8Array(N * K * bytesOf(dtype));
          const [out, same] = [restored(), restored()];
          const { bits: w } = typed(unevenWeights(N, K, bits), dtype);
          const [sums, close] = [new Float64Array(2 * N), new Float64Array(2 * N)];
          const rest = { N, K, G, dtype };
          reference.dequantize({ codes, scales, zeros, groupOfColumn, ...rest, out });
          reference.codeErrors({ codes, scales, zeros, groupOfColumn, ...rest, w, sums });
          const own = new Scope(device());
          const given = {
            ...{ codes: own.put(codes), scales: own.put(scales), zeros: own.put(zeros) },
            groupOfColumn: own.put(groupOfColumn),
            ...rest,
          };
          device().kernels.dequantize({ ...given, out: own.out(same) });
          device().kernels.codeErrors({ ...given, w: own.put(w), sums: own.out(close) });
          own.collect();
          expect(same).toEqual(out);
          for (const [i, sum] of sums.entries())
            expect(Math.abs(close[i]! / sum - 1) < 1e-12 || sum === 0).toBe(true);
        }
      }
    }
  });

  describe('GPTQ', () => {
    /** Order, dead columns, factor and mean by the device and by the reference. */
    function factors(hessian: Float64Array, K: number, damping: number, actOrder: number) {
      const made = () => ({
        ...{ order: new Int32Array(K), dead: new Uint8Array(K), mean: new Float64Array(1) },
        upper: new Float64Array(K * K),
      });
      const [expected, found] = [made(), made()];
      const rest = { K, factor: 0.25, damping, actOrder };
      reference.factor({ hessian, ...rest, ...expected, scratch: null });
      const scope = new Scope(device());
      const { order, dead, upper, mean } = found;
      device().kernels.factor({
        ...{ hessian: scope.put(hessian), ...rest, order: scope.out(order), dead: scope.out(dead) },
        ...{ upper: scope.out(upper), scratch: scope.out(new Float64Array(K * K)), mean },
      });
      scope.collect();
      return { expected, found };
    }

    test.each([
      { K: 40, actOrder: 0, dead: [] },
      { K: 65, actOrder: 1, dead: [3, 64] },
      { K: 128, actOrder: 0, dead: [] },
      { K: 500, actOrder: 1, dead: [0, 7, 499] },
    ])('bl_factor with $K columns', ({ K, actOrder, dead }) => {
      const { expected, found } = factors(sampleHessian(K, K, dead), K, 0.01, actOrder);
      expect(found.order).toEqual(expected.order);
      expect(found.dead).toEqual(expected.dead);
      expect(found.mean).toEqual(expected.mean);
      const largest = expected.upper.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = found.upper.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected.upper[i]!)),
        0,
      );
      expect(worst).toBeLessThan(1e-10 * largest);
    });

    test('bl_factor refuses what is not positive definite or not finite', () => {
      const refusal = expect.objectContaining({ code: 'kernels/not-positive' });
      for (const values of [
        [1, 2, 2, 1],
        [Number.NaN, 0, 0, 1],
        // A pivot of the size of its rounding error.
        [1, 1, 1, 1 + 2 ** -52],
      ]) {
        const scope = new Scope(device());
        const [order, dead, mean] = [new Int32Array(2), new Uint8Array(2), new Float64Array(1)];
        const matrices = { upper: scope.out(new Float64Array(4)), scratch: scope.out(new Float64Array(4)) };
        const call = () =>
          device().kernels.factor({
            ...{ hessian: scope.put(Float64Array.from(values)), K: 2, factor: 1, damping: 0, actOrder: 0 },
            ...{ order: scope.out(order), dead: scope.out(dead), ...matrices, mean },
          });
        expect(call).toThrow(refusal);
        scope.collect();
        expect([...order]).toEqual([0, 1]);
      }
    });

    const shapes = [
      { N: 12, K: 192, groups: [32, 64, 96, 192, 48, 24] },
      { N: 70, K: 384, groups: [128, 384, 8, 12, 192] },
      { N: 9, K: 65, groups: [65, 13, 5] },
      { N: 33, K: 1280, groups: [128, 256, 160, 1280] },
    ];
    const cases = shapes.flatMap(({ N, K, groups }, s) =>
      groups.flatMap((G, g) =>
        [true, false].map((fit, f) => {
          const rule = RULES[(5 * s + 3 * g + 7 * f) % RULES.length]!;
          return { N, K, G, fit, rule, id: JSON.stringify(rule) };
        }),
      ),
    );

    test.each(cases)('bl_column_loop, $N×$K in groups of $G, fitting $fit: $id', ({ N, K, G, fit, rule }) => {
      const { expected: factor } = factors(sampleHessian(K, K), K, 0.01, Number(!fit));
      const values = unevenWeights(N, K, G);
      const grids = { scales: new Float32Array((N * K) / G), zeros: new Int16Array((N * K) / G) };
      const rest = { N, K, G, ...numbersOf(rule) };
      const fitted = { scales: grids.scales.slice(), zeros: grids.zeros.slice() };
      const wide = Float64Array.from(values);
      reference.fitGrids({ w: wide, ...rest, ...grids });
      const own = new Scope(device());
      const { scales, zeros } = fitted;
      device().kernels.fitGrids({
        w: own.put(wide),
        ...rest,
        scales: own.out(scales),
        zeros: own.out(zeros),
      });
      own.collect();
      expect(fitted).toEqual(grids);
      const groupOfStep = Int32Array.from(factor.order, (k, step) => Math.floor((fit ? step : k) / G));
      const made = () => ({
        ...{ codes: new Uint8Array(N * K), losses: new Float64Array(N) },
        ...{ scales: grids.scales.slice(), zeros: grids.zeros.slice() },
      });
      const [expected, found] = [made(), made()];
      const visited = new Float64Array(N * K);
      reference.visit({ dtype: BL.F32, w: values, order: factor.order, dead: null, N, K, out: visited });
      const scope = new Scope(device());
      device().kernels.columnLoop({
        ...{ w: scope.put(visited.slice()), upper: scope.put(factor.upper), ...rest, fit: Number(fit) },
        ...{
          groupOfStep: scope.put(groupOfStep),
          codes: scope.out(found.codes),
          losses: scope.out(found.losses),
        },
        ...{ scales: scope.put(found.scales), zeros: scope.put(found.zeros) },
        errors: scope.out(new Float64Array(N * 512)),
      });
      scope.collect();
      reference.columnLoop({
        ...{
          w: visited,
          upper: factor.upper,
          ...rest,
          groupOfStep,
          fit: Number(fit),
          ...expected,
          errors: null,
        },
      });
      for (const name of ['codes', 'scales', 'zeros'] as const)
        expect(agreement(found[name], expected[name])).toBeGreaterThanOrEqual(0.9999);
      const sum = (losses: Float64Array) => losses.reduce((total, loss) => total + loss, 0);
      expect(sum(found.losses) / sum(expected.losses)).toBeCloseTo(1, 6);
    });

    test('bl_visit and bl_restore', () => {
      const [N, K] = [13, 77];
      const order = Int32Array.from(createRng(1).shuffle([...Array(K).keys()]));
      const dead = Uint8Array.from({ length: K }, (_, k) => Number(k % 9 === 0));
      for (const dtype of DTYPES) {
        const { bits: w } = typed(unevenWeights(N, K, 2), dtype);
        for (const places of [order, null]) {
          const [expected, found] = [new Float64Array(N * K), new Float64Array(N * K)];
          reference.visit({ dtype, w, order: places, dead, N, K, out: expected });
          const scope = new Scope(device());
          const [put, marks] = [scope.put(places), scope.put(dead)];
          device().kernels.visit({
            dtype,
            w: scope.put(w),
            order: put,
            dead: marks,
            N,
            K,
            out: scope.out(found),
          });
          scope.collect();
          expect(found).toEqual(expected);
        }
      }
      const codes = Uint8Array.from({ length: N * K }, (_, i) => i);
      const [expected, found] = [new Uint8Array(N * K), new Uint8Array(N * K)];
      reference.restore({ codes, order, N, K, out: expected });
      const scope = new Scope(device());
      device().kernels.restore({
        codes: scope.put(codes),
        order: scope.put(order),
        N,
        K,
        out: scope.out(found),
      });
      scope.collect();
      expect(found).toEqual(expected);
    });

    test('bl_hessian_add', () => {
      const K = 33;
      const rng = createRng(4);
      const gram = Float32Array.from({ length: K * K }, () => rng.normal());
      const found = new Float64Array(K * K);
      const scope = new Scope(device());
      const [to, from] = [scope.out(found), scope.put(gram)];
      for (const accumulate of [0, 1, 1])
        device().kernels.hessianAdd({ hessian: to, gram: from, K, accumulate });
      scope.collect();
      expect(found).toEqual(Float64Array.from(gram, (value) => value + value + value));
    });
  });

  test('bl_check_rounding finds one value among many', () => {
    const n = 3_000_001;
    for (const dtype of [BL.F16, BL.BF16]) {
      const values = new Float32Array(n).fill(0.75);
      const run = () => {
        const flag = new Int32Array(1);
        const scope = new Scope(device());
        const [x, at] = [scope.put(values), scope.put(flag)];
        device().kernels.checkRounding({ dtype, x, n, flag: at });
        scope.collect();
        return flag[0];
      };
      expect(run()).toBe(0);
      values[n - 1] = 0.1;
      expect(run()).toBe(1);
    }
  });

  test('bl_random is normal, and the same again', () => {
    const n = 100_003;
    const draw = (seed: number) => {
      const values = new Float32Array(n);
      const scope = new Scope(device());
      device().kernels.random({ dtype: BL.F32, out: scope.out(values), n, deviation: 2, seed });
      scope.collect();
      return values;
    };
    const values = draw(7);
    expect(draw(7)).toEqual(values);
    expect(agreement(draw(8), values)).toBeLessThan(0.01);
    const moment = (power: number) => values.reduce((sum, value) => sum + (value / 2) ** power, 0) / n;
    // Within 5 standard errors: 1/√n, √2/√n, √15/√n, √96/√n.
    for (const [power, expected, spread] of [
      [1, 0, 1],
      [2, 1, Math.SQRT2],
      [3, 0, Math.sqrt(15)],
      [4, 3, Math.sqrt(96)],
    ] as const)
      expect(Math.abs(moment(power) - expected)).toBeLessThan((5 * spread) / Math.sqrt(n));
  });
});
