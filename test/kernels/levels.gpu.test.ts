/** Codes of shared levels, zeros that are solved for and moved columns: kernels against their host references. */
import { expect, test } from 'vitest';
import { informationCosts, shiftFactors } from '../../eval/math/information.ts';
import { NF4_LEVELS } from '../../eval/math/normal-float.ts';
import { createRng } from '../../eval/math/rng.ts';
import { describeGpu } from './gpu.ts';
import { agreement, bytesOf, DTYPES, typed, unevenWeights } from './quantize-samples.ts';
import { loadReference } from './reference.ts';

const reference = await loadReference();

const SHAPES = [
  [37, 512, 64],
  [9, 96, 32],
  [8, 65, 65],
  [11, 48, 12],
  [5, 1024, 1024],
  [33, 512, 8],
  [3, 2816, 704],
] as const;

type Views = Readonly<Record<string, NodeJS.ArrayBufferView | null>>;

describeGpu('levels', (device) => {
  /** Runs a kernel over device copies; outputs come back as the kernel left them. */
  const onDevice = <I extends Views, O extends Views>(
    inputs: I,
    outputs: O,
    call: (at: Readonly<Record<keyof I | keyof O, number>>) => void,
  ) => {
    const put = (values: NodeJS.ArrayBufferView | null) => (values === null ? 0 : device().uploaded(values));
    const places = Object.entries({ ...inputs, ...outputs }).map(
      ([name, values]) => [name, put(values)] as const,
    );
    const at = Object.fromEntries(places) as Record<keyof I | keyof O, number>;
    call(at);
    for (const [name, values] of Object.entries(outputs)) device().download(at[name], values!);
    for (const [, address] of places) if (address !== 0) device().free(address);
  };

  test.each(SHAPES)('bl_round_levels equals its reference, %i×%i in groups of %i', (N, K, G) => {
    for (const dtype of DTYPES) {
      for (const F of [0, 201]) {
        const { bits: w } = typed(unevenWeights(N, K, 3), dtype);
        const factors = F === 0 ? null : shiftFactors();
        const costs = F === 0 ? null : informationCosts(G);
        const rest = { dtype, N, K, G, F };
        const made = () => ({
          codes: new Uint8Array(N * K),
          absmax: new Float32Array((N * K) / G),
          shifts: new Float32Array((N * K) / G),
        });
        const [expected, found] = [made(), made()];
        reference.roundLevels({ ...rest, w, levels: NF4_LEVELS, factors, costs, ...expected });
        onDevice({ w, levels: NF4_LEVELS, factors, costs }, found, (at) =>
          device().kernels.roundLevels({ ...rest, ...at }),
        );
        expect(found).toEqual(expected);
      }
    }
  });

  test.each([1, 2, 3, 4, 8])('bl_half_quadratic agrees with its reference, %i bits', (bits) => {
    for (const [N, K, G] of SHAPES) {
      for (const dtype of DTYPES) {
        const { bits: w } = typed(unevenWeights(N, K, 4), dtype);
        const rest = { dtype, N, K, G, bits };
        const made = () => ({
          codes: new Uint8Array(N * K),
          scales: new Float32Array((N * K) / G),
          zeros: new Float32Array((N * K) / G),
        });
        const [expected, found] = [made(), made()];
        reference.halfQuadratic({ ...rest, w, ...expected });
        onDevice({ w }, found, (at) => device().kernels.halfQuadratic({ ...rest, ...at }));
        expect(found.scales).toEqual(expected.scales);
        // Means are summed in another order and powers end in other last bits: now and then a zero is rounded another way.
        expect(agreement(found.zeros, expected.zeros)).toBeGreaterThan(0.98);
        expect(agreement(found.codes, expected.codes)).toBeGreaterThan(0.999);
      }
    }
  });

  test('weights that are not finite give NaN', () => {
    const w = unevenWeights(4, 64, 1);
    w[70] = Number.NaN;
    w[140] = Number.POSITIVE_INFINITY;
    const expected = [false, false, true, false, true, false, false, false];
    for (const F of [0, 201]) {
      const found = { codes: new Uint8Array(256), absmax: new Float32Array(8), shifts: new Float32Array(8) };
      const inputs = { w, levels: NF4_LEVELS, factors: shiftFactors(), costs: informationCosts(32) };
      onDevice(inputs, found, (at) =>
        device().kernels.roundLevels({ dtype: 0, N: 4, K: 64, G: 32, F, ...at }),
      );
      expect([...found.absmax].map(Number.isNaN)).toEqual(expected);
    }
    const found = { codes: new Uint8Array(256), scales: new Float32Array(8), zeros: new Float32Array(8) };
    onDevice({ w }, found, (at) =>
      device().kernels.halfQuadratic({ dtype: 0, N: 4, K: 64, G: 32, bits: 4, ...at }),
    );
    expect([...found.scales].map(Number.isNaN)).toEqual(expected);
  });

  test.each(DTYPES)('dequantizing, errors and columns, type %i', (dtype) => {
    const rng = createRng(dtype);
    const [N, K, G] = [37, 96, 32];
    const floats = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
    const codes = Uint8Array.from({ length: N * K }, () => rng.int(16));
    const [scales, zeros, shifts] = [floats((N * K) / G), floats((N * K) / G), floats((N * K) / G)];
    const bytes = N * K * bytesOf(dtype);
    for (const grids of [
      { levels: NF4_LEVELS, scales, zeros: null, shifts },
      { levels: null, scales, zeros, shifts: null },
    ]) {
      const [expected, found] = [new Uint8Array(bytes), new Uint8Array(bytes)];
      reference.dequantizeCodebook({ codes, ...grids, N, K, G, dtype, out: expected });
      onDevice({ codes, ...grids }, { out: found }, (at) =>
        device().kernels.dequantizeCodebook({ N, K, G, dtype, ...at }),
      );
      expect(found).toEqual(expected);
    }
    const { bits: w } = typed(floats(N * K), dtype);
    const restored = floats(N * K);
    const [errors, sums] = [new Float64Array(2 * N), new Float64Array(2 * N)];
    reference.weightErrors({ dtype, w, restored, N, K, sums: errors });
    onDevice({ w, restored }, { sums }, (at) => device().kernels.weightErrors({ dtype, N, K, ...at }));
    for (const [i, sum] of sums.entries()) expect(sum / errors[i]!).toBeCloseTo(1, 10);
    const columns = Int32Array.of(95, 3, 40);
    const [taken, expected] = [new Uint8Array(bytes / 32), new Uint8Array(bytes / 32)];
    reference.takeColumns({ dtype, w, columns, N, K, C: 3, out: expected });
    onDevice({ w, columns }, { out: taken }, (at) =>
      device().kernels.takeColumns({ dtype, N, K, C: 3, ...at }),
    );
    expect(taken).toEqual(expected);
    const [put, back] = [new Uint8Array(bytes), new Uint8Array(bytes)];
    reference.putColumns({ dtype, from: taken, columns, N, K, C: 3, out: back });
    onDevice({ from: taken, columns }, { out: put }, (at) =>
      device().kernels.putColumns({ dtype, N, K, C: 3, ...at }),
    );
    expect(put).toEqual(back);
  });
});
