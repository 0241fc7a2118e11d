/// <reference lib="es2025.float16" />
/** IEEE half precision, in which group scales are stored. */

/** Largest finite value. */
export const FLOAT16_MAX = 65504;
/** Smallest positive value, a subnormal. */
export const FLOAT16_TINY = 2 ** -24;

/** Nearest half-precision value, ties to even; ±Infinity beyond ±65519. */
export function roundToFloat16(value: number): number {
  return Math.f16round(value);
}

/** Rounds every value and returns the bit patterns. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** Exact. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
}
