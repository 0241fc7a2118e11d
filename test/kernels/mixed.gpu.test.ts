/** Two binaries and bits that differ by group: kernels against their host references. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { firstBytes } from '../../eval/formats/mixed-groups.ts';
import { Hessian } from '../../eval/math/hessian.ts';
import { createRng } from '../../eval/math/rng.ts';
import { describeGpu } from './gpu.ts';
import { agreement, DTYPES, sampleHessian, unevenWeights } from './quantize-samples.ts';
import { loadReference } from './reference.ts';
import { runBoth } from './run.ts';

const reference = await loadReference();

/** The last has groups that are longer than a block of columns. */
const SHAPES = [
  [37, 256, 64],
  [70, 256, 128],
  [9, 65, 13],
  [12, 320, 160],
] as const;

const BITS = [2, 3, 1, 8, 4];

/** Float64 weights, uneven ones among them, and a factor of the inverse of some Hessian. */
function sample(N: number, K: number) {
  const hessian = new Hessian(sampleHessian(K, K), K);
  return { w: Float64Array.from(unevenWeights(N, K, N)), upper: hessian.factor(0.1, false).upper!, hessian };
}

const bitsOf = (groups: number) => Uint8Array.from({ length: groups }, (_, b) => BITS[b % BITS.length]!);

function closeTo(found: Float64Array, expected: Float64Array, digits: number) {
  const most = expected.reduce((size, value) => Math.max(size, Math.abs(value)), 1e-300);
  for (const [i, value] of found.entries()) expect(value / most).toBeCloseTo(expected[i]! / most, digits);
}

describeGpu('mixed bits and two binaries', (device) => {
  test.each(SHAPES)('bl_dual_loop, %i×%i in groups of %i', (N, K, G) => {
    const { w, upper, hessian } = sample(N, K);
    const groups = (N * K) / G;
    const { found, expected } = runBoth(device(), reference, 'dualLoop', {
      ...{ w, upper, importance: hessian.diagonal(), N, K, G, codes: new Uint8Array(N * K) },
      ...{ first: new Float32Array(groups), second: new Float32Array(groups) },
      ...{ losses: new Float64Array(N), errors: new Float64Array(N * 128) },
    });
    expect(agreement(found.codes as Uint8Array, expected.codes as Uint8Array)).toBeGreaterThan(0.9995);
    expect(agreement(found.first as Float32Array, expected.first as Float32Array)).toBeGreaterThan(0.99);
    expect(agreement(found.second as Float32Array, expected.second as Float32Array)).toBeGreaterThan(0.99);
    closeTo(found.losses as Float64Array, expected.losses as Float64Array, 3);
    for (const dtype of DTYPES) {
      const { codes, first, second } = expected;
      const out = new Uint8Array(N * K * (dtype === BL.F32 ? 4 : 2));
      const both = runBoth(device(), reference, 'restoreDual', {
        ...{ codes, first, second, N, K, G, dtype, out },
      });
      expect(both.found.out).toEqual(both.expected.out);
    }
  });

  test.each(SHAPES)('bl_mixed_loop, packing and weights, %i×%i in groups of %i', (N, K, G) => {
    const { w, upper } = sample(N, K);
    const groups = (N * K) / G;
    const bits = bitsOf(K / G);
    const { found, expected } = runBoth(device(), reference, 'mixedLoop', {
      ...{ w, upper, bits, N, K, G, codes: new Uint8Array(N * K) },
      ...{ scales: new Float32Array(groups), zeros: new Float32Array(groups) },
      ...{ losses: new Float64Array(N), errors: new Float64Array(N * 128) },
    });
    expect(agreement(found.codes as Uint8Array, expected.codes as Uint8Array)).toBeGreaterThan(0.9995);
    expect(agreement(found.scales as Float32Array, expected.scales as Float32Array)).toBeGreaterThan(0.99);
    expect(agreement(found.zeros as Float32Array, expected.zeros as Float32Array)).toBeGreaterThan(0.99);
    closeTo(found.losses as Float64Array, expected.losses as Float64Array, 3);
    const { codes, scales, zeros } = expected;
    const first = firstBytes(bits, N, G);
    const packed = new Uint8Array(Number(first.at(-1)));
    const packs = runBoth(device(), reference, 'packMixed', { codes, bits, first, N, K, G, packed });
    expect(packs.found.packed).toEqual(packs.expected.packed);
    for (const dtype of DTYPES) {
      const out = new Uint8Array(N * K * (dtype === BL.F32 ? 4 : 2));
      const both = runBoth(device(), reference, 'restoreMixed', {
        ...{ packed: packs.expected.packed, bits, first, scales, zeros, N, K, G, dtype, out },
      });
      expect(both.found.out).toEqual(both.expected.out);
    }
  });

  test.each(SHAPES)('what bits are chosen by, %i×%i in groups of %i', (N, K, G) => {
    const { w, upper, hessian } = sample(N, K);
    const salience = new Float64Array(K / G);
    const salient = runBoth(device(), reference, 'groupSalience', { w, upper, N, K, G, salience });
    closeTo(salient.found.salience as Float64Array, salient.expected.salience as Float64Array, 11);
    for (const bits of [1, 2, 5, 8]) {
      for (const [start, columns] of [[0, K] as const, [G, G] as const]) {
        const out = new Float64Array(N * columns);
        const scratch = new Float64Array(16 * columns);
        const both = runBoth(device(), reference, 'roundingResiduals', {
          ...{ w, N, K, G, start, columns, bits, out, scratch },
        });
        closeTo(both.found.out as Float64Array, both.expected.out as Float64Array, 11);
      }
    }
    const rng = createRng(N);
    const normal = (length: number) => Float64Array.from({ length }, () => rng.normal());
    const both = runBoth(device(), reference, 'replaceGroup', {
      ...{ errors: normal(N * K), next: normal(N * G), hessian: hessian.values, factor: 0.25, N, K, G },
      ...{ start: G, scratch: new Float64Array(2 * N * G + 256), growth: new Float64Array(1) },
    });
    closeTo(both.found.growth as Float64Array, both.expected.growth as Float64Array, 10);
    expect(both.found.errors).toEqual(both.expected.errors);
  });

  test('levels and grids of weights that are not finite are not finite', () => {
    const [N, K, G] = [8, 64, 32];
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { w, upper, hessian } = sample(N, K);
      w[3 * K + 5] = bad;
      const places = () => ({ codes: new Uint8Array(N * K), losses: new Float64Array(N) });
      const errors = new Float64Array(N * 128);
      const dual = runBoth(device(), reference, 'dualLoop', {
        ...{ w, upper, importance: hessian.diagonal(), N, K, G, ...places(), errors },
        ...{ first: new Float32Array(16), second: new Float32Array(16) },
      });
      const mixed = runBoth(device(), reference, 'mixedLoop', {
        ...{ w, upper, bits: Uint8Array.of(2, 1), N, K, G, ...places(), errors },
        ...{ scales: new Float32Array(16), zeros: new Float32Array(16) },
      });
      const finite = (values: unknown) => Array.from(values as Float32Array, Number.isFinite);
      const expected = Array.from({ length: 16 }, (_, g) => g !== 6 && g !== 7);
      for (const { first, second } of [dual.found, dual.expected]) {
        expect(finite(first)).toEqual(expected);
        expect(finite(second)).toEqual(expected);
      }
      for (const { scales } of [mixed.found, mixed.expected]) expect(finite(scales)).toEqual(expected);
    }
  });
});
