import { describe, expect, test } from 'vitest';
import { decodeTree, encodeTree, TREE_LEVELS } from '../../../eval/math/dynamic-tree.ts';
import { normalArea, normalQuantile } from '../../../eval/math/normal.ts';
import { NF4_BOUNDARIES, NF4_LEVELS, NF4_ZERO, nearestLevel } from '../../../eval/math/normal-float.ts';
import { createRng } from '../../../eval/math/rng.ts';

describe('the normal distribution', () => {
  // Abramowitz & Stegun, tables 26.1 and 26.5.
  test.each([
    [0.975, 1.959963984540054],
    [0.99, 2.326347874040841],
    [0.9, 1.2815515655446004],
    [0.999999, 4.753424308822899],
    [0.5, 0],
  ])('quantile of %d', (p, x) => {
    expect(normalQuantile(p)).toBeCloseTo(x, 10);
    expect(normalQuantile(1 - p)).toBeCloseTo(-x, 10);
    expect(normalArea(x)).toBeCloseTo(p - 0.5, 14);
  });

  test('probabilities without a quantile are refused', () => {
    for (const p of [0, 1, -1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(RangeError);
  });
});

/** Dettmers et al. 2023, arXiv:2305.14314, appendix E. */
const PUBLISHED = [
  -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
  -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
  0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
];

describe('the 4-bit NormalFloat', () => {
  test('levels are those of the paper to 1e-7', () => {
    for (const [code, level] of PUBLISHED.entries())
      expect(Math.abs(NF4_LEVELS[code]! - level)).toBeLessThan(1e-7);
    expect(NF4_LEVELS[NF4_ZERO]).toBe(0);
  });

  test('codes equal the nearest level, searched one by one', () => {
    const rng = createRng(1);
    for (let i = 0; i < 20_000; i++) {
      const absmax = Math.fround(Math.exp(3 * rng.normal()));
      const value = Math.fround(absmax * (2 * rng.next() - 1));
      const distances = PUBLISHED.map((level) => Math.abs(value - level * absmax));
      const code = nearestLevel(value, absmax);
      expect(distances[code]! - Math.min(...distances)).toBeLessThanOrEqual(1e-7 * absmax);
    }
  });

  test('levels are codes of themselves, borders belong to the level below, and nothing is 0', () => {
    expect([...NF4_LEVELS].map((level) => nearestLevel(level, 1))).toEqual([...Array(16).keys()]);
    expect([...NF4_BOUNDARIES].map((border) => nearestLevel(border, 1))).toEqual([...Array(15).keys()]);
    expect(nearestLevel(0, 0)).toBe(NF4_ZERO);
  });
});

describe('the 8-bit dynamic tree', () => {
  test('127 numbers of either sign, 0 and 1', () => {
    expect(TREE_LEVELS.length).toBe(256);
    expect(new Set(TREE_LEVELS).size).toBe(256);
    expect([...TREE_LEVELS].filter((level) => level < 0).length).toBe(127);
    // The middle of 0.1…1 is 0.55; halves of it have theirs at 0.325 and 0.775.
    const exact = encodeTree(TREE_LEVELS);
    expect([...exact.codes]).toEqual([...Array(256).keys()]);
    for (const level of [0.55e-6, 0.325e-5, 0.775e-5, 1, 0])
      expect(TREE_LEVELS).toContain(Math.fround(level));
    expect(TREE_LEVELS[255]).toBe(1);
    expect(TREE_LEVELS[0]).toBeCloseTo(-(1 - 0.9 / 128), 6);
  });

  test('every value becomes the nearest level of its block', () => {
    const rng = createRng(2);
    const values = Float32Array.from({ length: 700 }, () => rng.normal() * 10 ** rng.int(4));
    const { codes, scales } = encodeTree(values);
    expect(scales.length).toBe(3);
    for (const [i, value] of values.entries()) {
      const block = values.slice(256 * Math.floor(i / 256), 256 * Math.floor(i / 256) + 256);
      const scale = Math.max(...block.map(Math.abs));
      expect(scales[Math.floor(i / 256)]).toBe(scale);
      const distances = [...TREE_LEVELS].map((level) => Math.abs(value / scale - level));
      expect(codes[i]).toBe(distances.indexOf(Math.min(...distances)));
    }
    const middle = 123.4;
    const centred = encodeTree(values, Math.fround(middle));
    expect(centred).toEqual(encodeTree(values.map((value) => value - Math.fround(middle))));
    expect(decodeTree(centred, Math.fround(middle))).toEqual(
      decodeTree(centred).map((value) => value + Math.fround(middle)),
    );
    const decoded = decodeTree({ codes, scales });
    expect(decoded.every((value, i) => Math.abs(value - values[i]!) <= 0.0075 * scales[i >> 8]!)).toBe(true);
  });

  test('blocks of zeros', () => {
    const { codes, scales } = encodeTree(new Float32Array(300));
    expect([...decodeTree({ codes, scales })].every((value) => value === 0)).toBe(true);
  });
});
