/** Shapes, rules and random weights for the tests of the quantization kernels. */
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import type { AffineRule } from '../../eval/math/affine.ts';
import { createRng } from '../../eval/math/rng.ts';

export const DTYPES = [BL.F32, BL.F16, BL.BF16] as const;

export const RANGES = { zero: BL.RANGE_ZERO, minmax: BL.RANGE_MINMAX, free: BL.RANGE_FREE } as const;

/** A rule as the kernels take it. */
export const numbersOf = ({ bits, symmetric, range, mse }: AffineRule) => ({
  bits,
  symmetric: Number(symmetric),
  range: RANGES[range],
  mse: Number(mse),
});

/** All ranges, symmetric or not, with the shrink search at 3 and 8 bits; bits go round. */
export const RULES: readonly AffineRule[] = (['zero', 'minmax', 'free'] as const).flatMap((range, r) =>
  [false, true].flatMap((symmetric, s) => [
    { range, symmetric, bits: 2 + ((3 * r + s) % 7), mse: false },
    { range, symmetric, bits: 8 - r, mse: false },
    { range, symmetric, bits: 3 + 5 * s, mse: true },
  ]),
);

const SIZES = { [BL.F32]: 4, [BL.F16]: 2, [BL.BF16]: 2 } as const;

/** Weights of a type: what a kernel reads, and the same values as float32. */
export interface Typed {
  readonly bits: Float32Array | Uint16Array;
  readonly values: Float32Array;
}

/** Rounds to a type. */
export function typed(values: Float32Array, dtype: number): Typed {
  if (dtype === BL.F32) return { bits: values, values };
  if (dtype === BL.F16) {
    const halves = new Float16Array(values);
    return { bits: new Uint16Array(halves.buffer), values: new Float32Array(halves) };
  }
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = Uint16Array.from(patterns, (pattern) => (pattern + 0x8000) >>> 16);
  return { bits, values: new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer) };
}

export const bytesOf = (dtype: number) => SIZES[dtype as keyof typeof SIZES];

/**
 * Weights with uneven rows: zero, constant, one outlier, exact halves of a grid, all positive, tiny; the others normal.
 */
export function unevenWeights(N: number, K: number, seed: number): Float32Array {
  const rng = createRng(seed);
  const weights = Float32Array.from({ length: N * K }, () => 0.05 * rng.normal());
  const row = (n: number) => weights.subarray(n * K, (n + 1) * K);
  if (N < 8) return weights;
  row(0).fill(0);
  row(1).fill(-0.25);
  row(2).fill(0)[K >> 1] = 100;
  row(3).set(Float32Array.from({ length: K }, (_, k) => (k === 0 ? 7.5 : 0.25 * (k % 31))));
  row(4).set(row(4).map((value) => 3 + Math.abs(value)));
  row(5).fill(2 ** -24);
  return weights;
}

/** H of correlated inputs of uneven size, float64 `[K, K]`, and positive definite with a little damping. */
export function sampleHessian(K: number, seed: number, dead: readonly number[] = []): Float64Array {
  const rng = createRng(seed);
  const size = Array.from({ length: K }, (_, k) => (dead.includes(k) ? 0 : Math.exp(rng.normal())));
  const hessian = new Float64Array(K * K);
  for (let t = 0; t < K; t++) {
    const common = rng.normal();
    const x = Float64Array.from(size, (s) => s * (rng.normal() + 0.7 * common));
    for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) hessian[i * K + j] += x[i] * x[j];
  }
  return hessian;
}

/** Share of equal entries. */
export function agreement(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let equal = 0;
  for (let i = 0; i < expected.length; i++) if (Object.is(found[i], expected[i])) equal++;
  return equal / expected.length;
}
