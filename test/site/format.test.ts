/** The edges of how numbers and settings are written: what is not known, what rounds to nothing, what is very large. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsChips, type Setting } from '../../site/lib/bits-chips.ts';
import {
  bitsText,
  bytesText,
  countText,
  durationText,
  intervalText,
  keptText,
  NONE,
  percent,
  plural,
  signed,
  valueText,
} from '../../site/lib/format.ts';

describe('what is not known', () => {
  it.each([null, Number.NaN])('%s is a dash, never a number', (unknown) => {
    const texts = [
      percent(unknown),
      keptText(unknown),
      intervalText(unknown, 1),
      intervalText(0, unknown),
      valueText(unknown, 'fraction'),
      valueText(unknown, 'perplexity'),
      bitsText(unknown),
      signed(unknown, 1),
    ];
    expect(texts).toEqual(texts.map(() => NONE));
  });
});

describe('numbers', () => {
  it.each([
    [-0.0004, '0.0 %'],
    [-0.0006, '−0.1 %'],
    [0.9995, '100.0 %'],
    [9.99, '999.0 %'],
    [10, '1000 %'],
    [-10, '−1000 %'],
  ])('the share %s is %s', (share, text) => {
    expect(percent(share)).toBe(text);
  });

  it.each([
    [-1e-9, '0 %'],
    [0, '0.0 %'],
    [1.2, '120.0 %'],
  ])('kept %s is %s', (kept, text) => {
    expect(keptText(kept)).toBe(text);
  });

  it.each([
    [0.5, 0.5, '±0.0'],
    // Half of 0.7 … 0.8 in points.
    [0.7, 0.8, '±5.0'],
    [0, 1, '±50.0'],
  ])('from %s to %s is %s', (low, high, text) => {
    expect(intervalText(low, high)).toBe(text);
  });

  it.each([
    [0, 'perplexity', '0.00'],
    [99.994, 'perplexity', '99.99'],
    [100, 'perplexity', '100.0'],
    [1000, 'perplexity', '1000'],
    [9999, 'perplexity', '9999'],
    [10_000, 'perplexity', '1.0e4'],
    [-12_345, 'score', '−1.2e4'],
    [0.01, 'nats', '0.01'],
    [0.0099, 'nats', '9.9e−3'],
    [-0.0042, 'nats', '−4.2e−3'],
    [0.00001, 'fraction', '0.0'],
    [1, 'fraction', '100.0'],
  ])('%s %s is %s', (value, unit, text) => {
    expect(valueText(value, unit)).toBe(text);
  });

  it('never writes a hyphen for a minus, nor a minus before nothing', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), (value) => {
        const texts = [
          percent(value),
          valueText(value, 'score'),
          valueText(value, 'fraction'),
          signed(value, 1),
        ];
        for (const text of texts) expect(text).not.toMatch(/-|−0(\.0*)?( %)?$|NaN/);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [0, '0.0 s'],
    [59_900, '59.9 s'],
    [59_960, '1 min 0 s'],
    [60_000, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [3_600_000, '60 min 0 s'],
  ])('%s ms are %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [3.5 * 1024 ** 3, '3.5 GiB'],
    [2048 * 1024 ** 3, '2048.0 GiB'],
  ])('%s bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it('counts with commas and the right number of the noun', () => {
    expect([countText(999), countText(16134), countText(1_000_000)]).toEqual(['999', '16,134', '1,000,000']);
    expect([plural(0, 'row'), plural(1, 'row'), plural(1234, 'row')]).toEqual([
      '0 rows',
      '1 row',
      '1,234 rows',
    ]);
  });
});

describe('chips', () => {
  const setting = fc.record<Setting>({
    tensor: fc.constantFrom('none', 'W', 'WA', 'KV', 'W+KV', 'prune'),
    w_bits: fc.constantFrom(null, 2, 3, 4, 2.5, 8, 16),
    a_bits: fc.constantFrom(null, 4, 8, 16),
    kv_bits: fc.constantFrom(null, 2, 4, 16),
    group_size: fc.constantFrom(null, -1, 64, 128),
    sparsity: fc.constantFrom(null, 0, 0.5),
    sparsity_pattern: fc.constantFrom(null, '2:4', 'unstructured'),
  });
  const ORDER = [/^W/, /^A/, /^KV/, /^g\d/, /^(\d+:\d+|[\d.]+ % sparse)$/];
  const place = (chip: string) => ORDER.findIndex((kind) => kind.test(chip));

  it('stand in one order, no kind twice, never none', () => {
    fc.assert(
      fc.property(setting, (one) => {
        const chips = bitsChips(one);
        if (chips.length === 1 && / bit$/.test(chips[0]!)) return;
        const places = chips.map(place);
        expect(chips.length).toBeGreaterThan(0);
        expect(places).not.toContain(-1);
        expect(places).toEqual([...new Set(places)].sort());
      }),
      { numRuns: 1000 },
    );
  });

  it('of everything at once', () => {
    expect(
      bitsChips({
        tensor: 'WA',
        w_bits: 4,
        a_bits: 8,
        kv_bits: 4,
        group_size: 128,
        sparsity: 0.5,
        sparsity_pattern: '2:4',
      }),
    ).toEqual(['W4', 'A8', 'KV4', 'g128', '2:4']);
  });
});
