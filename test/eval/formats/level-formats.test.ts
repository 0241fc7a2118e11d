import { describe, expect, test } from 'vitest';
import { codebook } from '../../../eval/formats/codebook.ts';
import { floatZeros } from '../../../eval/formats/float-zeros.ts';
import type { PackedLinear } from '../../../eval/formats/format.ts';
import { TREE_LEVELS } from '../../../eval/math/dynamic-tree.ts';
import { NF4_LEVELS } from '../../../eval/math/normal-float.ts';

const level = (value: number) => [...TREE_LEVELS].indexOf(Math.fround(value));

const grids = {
  N: 1,
  K: 4,
  group: 2,
  absmax: { codes: Uint8Array.of(level(1), level(0)), scales: Float32Array.of(0.5), mean: 1.5 },
};

describe('codebook', () => {
  const packed = codebook.pack({ ...grids, shifts: null, codes: Uint8Array.of(0, 15, 7, 15) });

  test('the bytes of a row, by hand', () => {
    // Code 0 in the low half of the first byte, 15 in its high half; 7 and 15 in the second.
    expect([...packed.buffers.codes!.bytes]).toEqual([0xf0, 0xf7]);
    expect(packed.buffers.absmax_mean).toMatchObject({ dtype: 'F32', shape: [1] });
    // Scales 1·0.5 + 1.5 = 2 and 0·0.5 + 1.5.
    expect([...codebook.dequantize(packed)]).toEqual([-2, 2, 0, 1.5]);
  });

  test('shifts are added', () => {
    const shifts = { codes: Uint8Array.of(level(1), 200), scales: Float32Array.of(0.25) };
    const shifted = codebook.pack({ ...grids, shifts, codes: Uint8Array.of(0, 15, 7, 1) });
    const small = TREE_LEVELS[200]! * 0.25;
    const expected = [-1.75, 2.25, small, 1.5 * NF4_LEVELS[1]! + small];
    for (const [i, value] of codebook.dequantize(shifted).entries())
      expect(value).toBeCloseTo(expected[i]!, 6);
    expect(codebook.unpack(shifted).shifts).toEqual(shifts);
  });

  test.each<[string, Partial<PackedLinear>]>([
    ['levels are "nf3", expected "nf4"', { attributes: { levels: 'nf3', group: 2 } }],
    ['group 3 does not divide K = 4', { attributes: { levels: 'nf4', group: 3 } }],
    ['absmax should be 2 bytes of U8, found nothing', { buffers: { ...packed.buffers, absmax: undefined! } }],
  ])('damage is told: %s', (what, over) => {
    expect(() => codebook.dequantize({ ...packed, ...over })).toThrow(`[codebook] packed weights: ${what}.`);
  });

  test('bytes at an odd address are read as well', () => {
    const moved = Object.entries(packed.buffers).map(([name, buffer]) => {
      const memory = new Uint8Array(buffer.bytes.length + 1);
      memory.set(buffer.bytes, 1);
      return [name, { ...buffer, bytes: memory.subarray(1) }];
    });
    const odd = { ...packed, buffers: Object.fromEntries(moved) };
    expect(codebook.dequantize(odd)).toEqual(codebook.dequantize(packed));
  });
});

describe('float-zeros', () => {
  const packed = floatZeros.pack({
    ...{ N: 1, K: 4, bits: 1, group: 2, codes: Uint8Array.of(0, 1, 1, 0) },
    ...{ scales: Float32Array.of(0.5, 2), zeros: Float32Array.of(0.25, -3) },
  });

  test('the bytes of a row, by hand', () => {
    expect([...packed.buffers.codes!.bytes]).toEqual([0b0110]);
    // 0.25 and −3 in half precision, little-endian.
    expect([...packed.buffers.zeros!.bytes]).toEqual([0x00, 0x34, 0x00, 0xc2]);
    expect([...floatZeros.dequantize(packed)]).toEqual([-0.125, 0.375, 8, 6]);
  });

  test.each<[string, Partial<PackedLinear>]>([
    ['bits is 9, expected 1…8', { attributes: { bits: 9, group: 2 } }],
    ['zeros should be 4 bytes of F16, found nothing', { buffers: { ...packed.buffers, zeros: undefined! } }],
  ])('damage is told: %s', (what, over) => {
    expect(() => floatZeros.dequantize({ ...packed, ...over })).toThrow(what);
  });
});
