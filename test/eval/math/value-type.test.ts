import { expect, test } from 'vitest';
import { decodeValues, encodeValues, exactType, roundToType } from '../../../eval/math/value-type.ts';

test.each([
  ['eight significant bits', [1, -1.0078125, 2 ** 100], 'BF16'],
  ['eleven significant bits', [1, 1.0009765625], 'F16'],
  ['a half beyond the range of halves', [1.0009765625, 70000], 'F32'],
  ['24 significant bits', [1 + 2 ** -23], 'F32'],
  ['zeros', [0, -0], 'BF16'],
])('%s: the smallest exact type', (_, values, type) => {
  expect(exactType(Float32Array.from(values))).toBe(type);
});

test('rounding goes to the nearest, ties to even, and not beyond the largest number', () => {
  const [bfloat, half, single] = [roundToType('BF16'), roundToType('F16'), roundToType('F32')];
  // Between 1 and 1 + 2^-7 the middle goes to the even 1; the next middle up to 1 + 2^-6.
  expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1.01, -1.01].map(bfloat)).toEqual([
    1,
    1 + 2 ** -6,
    1.0078125,
    -1.0078125,
  ]);
  expect([1 + 2 ** -11, 1 + 3 * 2 ** -11].map(half)).toEqual([1, 1 + 2 ** -9]);
  expect(single(1 + 2 ** -30)).toBe(1);
  expect([half(1e9), bfloat(-1e300)]).toEqual([65504, -(2 - 2 ** -7) * 2 ** 127]);
});

test.each(['BF16', 'F16', 'F32'] as const)(
  '%s values come back exactly, also from an odd address',
  (type) => {
    const values = Float32Array.from([0, -0, 1.5, -3.25, 2 ** -14, 240]);
    const bytes = encodeValues(values, type);
    const odd = new Uint8Array(bytes.length + 1);
    odd.set(bytes, 1);
    expect(decodeValues(odd.subarray(1), type)).toEqual(values);
  },
);

test('every bfloat16 rounds to itself', () => {
  const round = roundToType('BF16');
  const all = decodeValues(new Uint8Array(Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).buffer), 'BF16');
  const finite = all.filter(Number.isFinite);
  expect(finite).toHaveLength(2 ** 16 - 2 ** 8);
  expect(finite.map(round)).toEqual(finite);
});
