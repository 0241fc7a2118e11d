/** Slopes of attention with linear biases. */

/**
 * One slope a head: 2^(−8i/n) for the largest power of two n ≤ heads, then every other slope of 2n heads for the rest.
 * Source: Press et al. 2022, arXiv:2108.12409, section 3, and their code for head counts that are no power of two.
 */
export function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const slope = (count: number, i: number) => 2 ** ((-8 * i) / count);
  const first = Array.from({ length: power }, (_, i) => slope(power, i + 1));
  const rest = Array.from({ length: heads - power }, (_, i) => slope(2 * power, 2 * i + 1));
  return [...first, ...rest];
}

/** The nearest bfloat16, ties to even. */
export function roundToBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0] = ((bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16) << 16;
  return new Float32Array(bits.buffer)[0];
}
