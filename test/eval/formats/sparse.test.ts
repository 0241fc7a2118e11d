import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sparsity } from '../../../data/recipe.ts';
import { type PackedLinear, packedBytes } from '../../../eval/formats/format.ts';
import { dequantize } from '../../../eval/formats/index.ts';
import { patternOf } from '../../../eval/formats/kept-mask.ts';
import { type SparseValues, sparse, takeKept } from '../../../eval/formats/sparse.ts';
import { type SparseCodes, sparseInt } from '../../../eval/formats/sparse-int.ts';
import { pruneMask } from '../../../eval/math/smallest.ts';

const share = (percent: number): Sparsity => ({ kind: 'share', percent });
const runs = (n: number, m: number): Sparsity => ({ kind: 'n:m', n, m });

test('a bitmap and its values, by hand', () => {
  const kept = Uint8Array.of(1, 0, 0, 1, 1, 0);
  const packed = sparse.pack({
    N: 2,
    K: 3,
    kept,
    pattern: null,
    type: 'BF16',
    values: Float32Array.of(1, -2, 0.5),
  });
  // Row 0 keeps place 0, row 1 places 0 and 1; a row begins a byte.
  expect([...packed.buffers.mask!.bytes]).toEqual([0b001, 0b011]);
  // 1 = 0x3f80, −2 = 0xc000, 0.5 = 0x3f00, little-endian.
  expect([...packed.buffers.values!.bytes]).toEqual([0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f]);
  expect(packed.buffers.values).toMatchObject({ dtype: 'BF16', shape: [3] });
  expect([...dequantize(packed)]).toEqual([1, 0, 0, -2, 0.5, 0]);
});

test('codes of 2:4 runs, by hand', () => {
  // Sets of two of four places, rising: 0011, 0101, 0110, 1001, 1010, 1100 are 0…5. Places {0, 1}, {1, 3}, {2, 3}: 0, 4, 5.
  const kept = Uint8Array.of(1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1);
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const packed = sparse.pack({ N: 1, K: 12, kept, pattern: { n: 2, m: 4 }, type: 'F16', values });
  expect(packed.attributes).toEqual({ n: 2, m: 4 });
  // 3 bits each from the lowest: 101 100 000.
  expect([...packed.buffers.mask!.bytes]).toEqual([0b01_100_000, 0b1]);
  expect([...dequantize(packed)]).toEqual([1, 2, 0, 0, 0, 3, 0, 4, 0, 0, 5, 6]);
});

test('pruned codes, by hand', () => {
  const packed = sparseInt.pack({
    ...{ N: 1, K: 4, kept: Uint8Array.of(0, 1, 1, 0), pattern: null, bits: 3, group: 2 },
    codes: Uint8Array.of(7, 1, 6, 2),
    scales: Float32Array.of(0.5, 2),
    zeros: Int16Array.of(2, 3),
    groupOfColumn: null,
  });
  // Only 1 and 6 are stored: 110 001.
  expect([...packed.buffers.codes!.bytes]).toEqual([0b110_001]);
  expect([...dequantize(packed)]).toEqual([0, -0.5, 6, 0]);
  expect(sparseInt.unpack(packed).codes).toEqual(Uint8Array.of(0, 1, 6, 0));
});

test.each([
  ['1:2', runs(1, 2), 8.5],
  ['2:4', runs(2, 4), 8.75],
  ['4:8', runs(4, 8), 8.875],
  // 8 of 16: 12870 sets need 14 bits, more than codes have; a bitmap.
  ['8:16', runs(8, 16), 9],
  ['1:4', runs(1, 4), 12.5],
  ['s50', share(50), 9],
  ['s75', share(75), 5],
])('bits a weight of %s with 16-bit values', (_, sparsity, expected) => {
  const [N, K] = [4, 64];
  const scores = Float64Array.from({ length: N * K }, (_value, i) => (i * 37) % 101);
  const kept = pruneMask(scores, K, sparsity, 'row').map((mark) => 1 - mark);
  const values = takeKept(new Float32Array(N * K), kept);
  const packed = sparse.pack({ N, K, kept, pattern: patternOf(sparsity), type: 'BF16', values });
  expect((packedBytes(packed) * 8) / (N * K)).toBe(expected);
});

const SPARSITIES = [
  share(0),
  share(5),
  share(37),
  share(80),
  runs(1, 2),
  runs(2, 4),
  runs(3, 4),
  runs(4, 8),
  runs(5, 10),
];

/** Any content that both formats can hold. */
const anyContent = fc
  .record({
    sparsity: fc.constantFrom(...SPARSITIES),
    N: fc.integer({ min: 1, max: 4 }),
    runs: fc.integer({ min: 1, max: 5 }),
    bits: fc.integer({ min: 2, max: 8 }),
    type: fc.constantFrom('BF16' as const, 'F16' as const, 'F32' as const),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(({ sparsity, N, runs: count, bits, type, seed }) => {
    const K = count * (sparsity.kind === 'n:m' ? sparsity.m : 7);
    const number = (i: number) => Math.imul(seed + i, 2654435761) >>> 8;
    const scores = Float64Array.from({ length: N * K }, (_, i) => number(i) % 50);
    const kept = pruneMask(scores, K, sparsity, 'row').map((mark) => 1 - mark);
    const mask = { N, K, kept, pattern: patternOf(sparsity) };
    // Eight significant bits: every type holds them.
    const all = Float32Array.from({ length: N * K }, (_, i) => ((number(i) % 255) - 127) / 64);
    const values: SparseValues = { ...mask, type, values: takeKept(all, kept) };
    const codes: SparseCodes = {
      ...{ ...mask, bits, group: K, groupOfColumn: null },
      codes: kept.map((keep, i) => keep * (number(i) % 2 ** bits)),
      scales: Float32Array.from({ length: N }, (_, n) => (1 + n) / 4),
      zeros: Int16Array.from({ length: N }, (_, n) => n),
    };
    return { all, values, codes };
  });

test('unpack(pack(x)) is x in both formats, and what is removed is 0', () => {
  fc.assert(
    fc.property(anyContent, ({ all, values, codes }) => {
      expect(sparse.unpack(sparse.pack(values))).toEqual(values);
      expect(sparseInt.unpack(sparseInt.pack(codes))).toEqual(codes);
      const { kept } = values;
      expect(sparse.dequantize(sparse.pack(values))).toEqual(
        all.map((value, i) => (kept[i] === 1 ? value : 0)),
      );
      const { K } = codes;
      sparseInt.dequantize(sparseInt.pack(codes)).forEach((weight, i) => {
        const n = Math.floor(i / K);
        const whole = kept[i] === 1 ? codes.scales[n]! * (codes.codes[i]! - codes.zeros![n]!) : 0;
        expect(weight + 0).toBe(whole + 0);
      });
    }),
    { numRuns: 300 },
  );
});

test('a mask that does not keep its pattern is refused', () => {
  const values = Float32Array.of(1);
  const kept = Uint8Array.of(1, 0, 0, 0);
  expect(() => sparse.pack({ N: 1, K: 4, kept, pattern: { n: 2, m: 4 }, type: 'F16', values })).toThrow(
    RangeError,
  );
});

describe('damaged content is refused', () => {
  const kept = Uint8Array.of(1, 1, 0, 0);
  const values = Float32Array.of(1, 2);
  const good = sparse.pack({ N: 1, K: 4, kept, pattern: { n: 2, m: 4 }, type: 'BF16', values });
  const withBytes = (name: string, ...bytes: number[]): PackedLinear => ({
    ...good,
    buffers: { ...good.buffers, [name]: { ...good.buffers[name]!, bytes: Uint8Array.from(bytes) } },
  });
  test.each<[string, PackedLinear, string]>([
    ['a code beyond the last', withBytes('mask', 6), 'run 0 has code 6 of 6'],
    ['too few values', withBytes('values', 1, 2), 'values should be 4 bytes of BF16, found 2 bytes of BF16'],
    ['runs that do not divide', { ...good, attributes: { n: 1, m: 3 } }, 'runs of 3 do not divide K = 4'],
    ['all removed', { ...good, attributes: { n: 4, m: 4 } }, 'n is 4, expected 1…3'],
    [
      'no mask',
      { ...good, buffers: { values: good.buffers.values! } },
      'mask should be 1 bytes of U8, found nothing',
    ],
    [
      'values of another type',
      { ...good, buffers: { ...good.buffers, values: { ...good.buffers.values!, dtype: 'U16' } } },
      'values are U16, expected BF16, F16 or F32',
    ],
  ])('%s', (_, packed, message) => {
    expect(() => sparse.dequantize(packed)).toThrow(
      expect.objectContaining({ code: 'format/damaged', message: expect.stringContaining(message) }),
    );
  });
});
