const EXACT_INTEGERS = 2 ** 52;

/**
 * Nearest integer, halves to the even one, as torch.round and C rint do (Math.round takes halves upwards).
 * Adding 2^52 leaves a double no bits for a fraction, so the addition itself rounds, half to even.
 */
export function roundHalfEven(x: number): number {
  if (x >= 0) return x < EXACT_INTEGERS ? x + EXACT_INTEGERS - EXACT_INTEGERS : x;
  return x > -EXACT_INTEGERS ? x - EXACT_INTEGERS + EXACT_INTEGERS : x;
}
