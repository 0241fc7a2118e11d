import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PackedLinear, packedBytes } from '../../../eval/formats/format.ts';
import { type GroupedCodes, intGrouped } from '../../../eval/formats/int-grouped.ts';

function codesOf(over: Partial<GroupedCodes>): GroupedCodes {
  const base: GroupedCodes = {
    N: 1,
    K: 4,
    bits: 3,
    group: 4,
    codes: Uint8Array.of(1, 2, 7, 4),
    scales: Float32Array.of(0.5),
    zeros: Int16Array.of(2),
    groupOfColumn: null,
  };
  return { ...base, ...over };
}

test('the bytes of a 3-bit row, by hand', () => {
  const packed = intGrouped.pack(codesOf({}));
  // Codes 1, 2, 7, 4 from the lowest bit up: 100 111 010 001 → low byte 11 010 001, high byte 0000 100 1.
  expect([...packed.buffers.codes!.bytes]).toEqual([0b11_010_001, 0b0000_100_1]);
  // 0.5 in half precision is 0x3800, little-endian; one 3-bit zero takes a byte.
  expect([...packed.buffers.scales!.bytes]).toEqual([0x00, 0x38]);
  expect(packed.buffers.zeros).toEqual({ dtype: 'U8', shape: [1], bytes: Uint8Array.of(2) });
  expect([...intGrouped.dequantize(packed)]).toEqual([-0.5, 0, 2.5, 1]);
});

test('symmetric codes have no zeros on disk; theirs is in the middle', () => {
  const packed = intGrouped.pack(codesOf({ zeros: null }));
  expect(Object.keys(packed.buffers)).toEqual(['codes', 'scales']);
  expect([...intGrouped.dequantize(packed)]).toEqual([-1.5, -1, 1.5, 0]);
});

test('zeros outside the codes are 16-bit numbers', () => {
  const zeros = Int16Array.of(-3);
  const packed = intGrouped.pack(codesOf({ zeros }));
  expect(packed.buffers.zeros).toMatchObject({ dtype: 'I16', bytes: Uint8Array.of(0xfd, 0xff) });
  expect(intGrouped.unpack(packed).zeros).toEqual(zeros);
  expect([...intGrouped.dequantize(packed)]).toEqual([2, 2.5, 5, 3.5]);
});

test('groups of reordered columns are looked up', () => {
  const packed = intGrouped.pack(
    codesOf({
      group: 2,
      scales: Float32Array.of(1, 2),
      zeros: Int16Array.of(0, 1),
      groupOfColumn: Uint16Array.of(1, 0, 0, 1),
    }),
  );
  expect([...intGrouped.dequantize(packed)]).toEqual([0, 2, 7, 6]);
});

describe('bits per weight, by hand', () => {
  const shape = (over: Partial<GroupedCodes>) => {
    const { N = 8, K = 256, group = 128 } = over;
    const values = codesOf({
      N,
      K,
      group,
      bits: 4,
      codes: new Uint8Array(N * K),
      scales: new Float32Array((N * K) / group),
      zeros: new Int16Array((N * K) / group),
      ...over,
    });
    return (packedBytes(intGrouped.pack(values)) * 8) / (N * K);
  };
  test.each<[string, Partial<GroupedCodes>, number]>([
    ['w4g128', {}, 4 + (16 + 4) / 128],
    ['w4g128 symmetric', { zeros: null }, 4 + 16 / 128],
    ['w4g128, one zero outside the codes', { zeros: new Int16Array(16).fill(16, 0, 1) }, 4 + (16 + 16) / 128],
    [
      'w4 of 256 columns',
      { group: 256, scales: new Float32Array(8), zeros: new Int16Array(8) },
      4 + (16 + 4) / 256,
    ],
    ['w4g128 act-order', { groupOfColumn: new Uint16Array(256) }, 4 + (16 + 4) / 128 + 16 / 8],
    // 5 columns of 3 bits take 2 bytes a row; 3 zeros of 3 bits take 2 bytes: (3·2 + 3·2 + 2)·8 / 15.
    [
      'w3, 3×5',
      {
        N: 3,
        K: 5,
        group: 5,
        bits: 3,
        codes: new Uint8Array(15),
        scales: new Float32Array(3),
        zeros: new Int16Array(3),
      },
      (14 * 8) / 15,
    ],
  ])('%s', (_, over, expected) => expect(shape(over)).toBe(expected));
});

/** Any content that the format can hold; K is rarely a multiple of 8. */
const anyCodes = fc
  .record({
    bits: fc.integer({ min: 1, max: 8 }),
    N: fc.integer({ min: 1, max: 5 }),
    group: fc.integer({ min: 1, max: 9 }),
    groups: fc.integer({ min: 1, max: 5 }),
    zeros: fc.constantFrom('none', 'codes', 'wide'),
    reordered: fc.boolean(),
  })
  .chain(({ bits, N, group, groups, zeros, reordered }) => {
    const top = 2 ** bits - 1;
    const fill = (length: number, min: number, max: number) =>
      fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
    return fc.record({
      N: fc.constant(N),
      K: fc.constant(group * groups),
      bits: fc.constant(bits),
      group: fc.constant(group),
      codes: fill(N * group * groups, 0, top).map((a) => Uint8Array.from(a)),
      scales: fill(N * groups, 1, 2 ** 11).map((a) => Float32Array.from(a, (x) => x / 1024)),
      zeros:
        zeros === 'none'
          ? fc.constant(null)
          : fill(N * groups, zeros === 'codes' ? 0 : -10_000, zeros === 'codes' ? top : 10_000).map((a) =>
              Int16Array.from(a),
            ),
      groupOfColumn: reordered
        ? fill(group * groups, 0, groups - 1).map((a) => Uint16Array.from(a))
        : fc.constant(null),
    });
  });

test('unpack(pack(x)) is x for every bit width, group and number of columns', () => {
  fc.assert(
    fc.property(anyCodes, (values) => {
      expect(intGrouped.unpack(intGrouped.pack(values))).toEqual(values);
    }),
    { numRuns: 500 },
  );
});

test('every weight is scale · (code − zero)', () => {
  fc.assert(
    fc.property(anyCodes, (values) => {
      const { K, group, bits } = values;
      const weight = intGrouped.dequantize(intGrouped.pack(values));
      weight.forEach((w, at) => {
        const g = values.groupOfColumn?.[at % K] ?? Math.floor((at % K) / group);
        const cell = Math.floor(at / K) * (K / group) + g;
        const zero = values.zeros === null ? 2 ** (bits - 1) : values.zeros[cell];
        expect(w + 0).toBe(Math.fround(values.scales[cell] * (values.codes[at] - zero)) + 0);
      });
    }),
    { numRuns: 100 },
  );
});

test('buffers may lie at odd addresses', () => {
  const packed = intGrouped.pack(codesOf({}));
  const shifted = new Uint8Array(3);
  shifted.set(packed.buffers.scales!.bytes, 1);
  const moved = { ...packed.buffers, scales: { ...packed.buffers.scales!, bytes: shifted.subarray(1) } };
  expect(intGrouped.dequantize({ ...packed, buffers: moved })).toEqual(intGrouped.dequantize(packed));
});

describe('damaged content is refused', () => {
  const good = intGrouped.pack(codesOf({ groupOfColumn: Uint16Array.of(0, 0, 0, 0) }));
  const without = (name: string): PackedLinear => {
    const { [name]: _, ...buffers } = good.buffers;
    return { ...good, buffers };
  };
  const withBuffer = (name: string, bytes: Uint8Array): PackedLinear => ({
    ...good,
    buffers: { ...good.buffers, [name]: { ...good.buffers[name]!, bytes } },
  });
  test.each<[string, PackedLinear, string]>([
    ['no bits', { ...good, attributes: { group: 4 } }, 'bits is undefined, expected 1…8'],
    ['absurd bits', { ...good, attributes: { bits: 9, group: 4 } }, 'bits is 9, expected 1…8'],
    [
      'a group that does not divide',
      { ...good, attributes: { bits: 3, group: 3 } },
      'group 3 does not divide K = 4',
    ],
    ['no codes', without('codes'), 'codes should be 2 bytes of U8, found nothing'],
    [
      'short scales',
      withBuffer('scales', new Uint8Array(1)),
      'scales should be 2 bytes of F16, found 1 bytes of F16',
    ],
    [
      'a group number out of range',
      withBuffer('groups', Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0)),
      'column 1 is in group 1 of 1',
    ],
  ])('%s', (_, packed, message) => {
    expect(() => intGrouped.dequantize(packed)).toThrow(
      expect.objectContaining({ code: 'format/damaged', message: expect.stringContaining(message) }),
    );
  });
});
