import { expect, test } from 'vitest';
import {
  decodeFloat16,
  encodeFloat16,
  FLOAT16_MAX,
  FLOAT16_TINY,
  roundToFloat16,
} from '../../../eval/math/float16.ts';
import { roundHalfEven } from '../../../eval/math/rounding.ts';

test.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, 0],
  [-1.5, -2],
  [-2.5, -2],
  [0.49999999999999994, 0],
  [2.5000000000000004, 3],
  [4503599627370495.5, 4503599627370496],
  [-4503599627370494.5, -4503599627370494],
  [1e300, 1e300],
  [-1e300, -1e300],
])('%d rounds to %d', (x, expected) => {
  expect(roundHalfEven(x) + 0).toBe(expected);
});

test('every half-precision number survives', () => {
  const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((b) => (b & 0x7c00) !== 0x7c00);
  expect(encodeFloat16(decodeFloat16(bits))).toEqual(bits);
});

test('half precision rounds ties to even and has its published limits', () => {
  // Between 1 and 2 the step is 2⁻¹⁰.
  expect(roundToFloat16(1 + 2 ** -11)).toBe(1);
  expect(roundToFloat16(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
  expect(roundToFloat16(65519)).toBe(FLOAT16_MAX);
  expect(roundToFloat16(65520)).toBe(Number.POSITIVE_INFINITY);
  expect(roundToFloat16(FLOAT16_TINY)).toBe(FLOAT16_TINY);
  expect(roundToFloat16(FLOAT16_TINY / 2)).toBe(0);
});
