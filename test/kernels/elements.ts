/** Arrays of the element types of the kernels: float32 as such, 16-bit types as their bits. */
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import type { Rng } from '../../eval/math/rng.ts';

export type Elements = Float32Array | Uint16Array;

/** Name, dtype and distance of neighbouring values near 1. */
export const DTYPES = [
  { name: 'float32', dtype: BL.F32, spacing: 2 ** -23 },
  { name: 'float16', dtype: BL.F16, spacing: 2 ** -10 },
  { name: 'bfloat16', dtype: BL.BF16, spacing: 2 ** -7 },
] as const;

/** To the nearest, ties to even. */
export function toElements(dtype: number, values: Float32Array): Elements {
  if (dtype === BL.F32) return values.slice();
  if (dtype === BL.F16) return new Uint16Array(new Float16Array(values).buffer);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}

export function toFloats(dtype: number, elements: Elements): Float32Array {
  if (elements instanceof Float32Array) return elements.slice();
  if (dtype === BL.F16) return Float32Array.from(new Float16Array(elements.slice().buffer));
  return new Float32Array(Uint32Array.from(elements, (bits) => bits << 16).buffer);
}

/** Normal values of deviation `scale`, such as the type can hold. */
export function randomElements(rng: Rng, dtype: number, count: number, scale = 1): Elements {
  return toElements(
    dtype,
    Float32Array.from({ length: count }, () => rng.normal() * scale),
  );
}

export function randomFloats(rng: Rng, count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, () => rng.normal() * scale);
}

/** NaN everywhere: what an operation does not write stays visible. */
export function poisoned(dtype: number, count: number): Elements {
  return toElements(dtype, new Float32Array(count).fill(NaN));
}

/** Largest |found − expected| / (floor + |expected|); NaN or infinity on one side only is infinite. */
export function worstError(found: Float32Array, expected: Float32Array, floor = 1): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i += 1) {
    if (Object.is(found[i], expected[i])) continue;
    const error = Math.abs(found[i] - expected[i]) / (floor + Math.abs(expected[i]));
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }
  return worst;
}
