/** How numbers, settings and rows are written. */
import { describe, expect, it } from 'vitest';
import { bitsChips, type Setting } from '../../site/lib/bits-chips.ts';
import { toCsv } from '../../site/lib/csv.ts';
import {
  bitsText,
  bytesText,
  durationText,
  intervalText,
  keptText,
  percent,
  signed,
  valueText,
} from '../../site/lib/format.ts';
import { assignMarks, SHAPES } from '../../site/lib/marks.ts';
import { parseSearch } from '../../site/lib/search-query.ts';

const PLAIN: Setting = {
  tensor: 'W',
  w_bits: null,
  a_bits: null,
  kv_bits: null,
  group_size: null,
  sparsity: null,
  sparsity_pattern: null,
};

describe('the chips of a setting', () => {
  it.each([
    [{ tensor: 'W', w_bits: 4, a_bits: 16, group_size: 128 }, ['W4', 'g128']],
    [{ tensor: 'W', w_bits: 4, a_bits: 16, group_size: -1 }, ['W4']],
    [{ tensor: 'W', w_bits: 2.25, a_bits: 16 }, ['W2.25']],
    [{ tensor: 'WA', w_bits: 4, a_bits: 8, kv_bits: 4, group_size: 64 }, ['W4', 'A8', 'KV4', 'g64']],
    [{ tensor: 'WA', w_bits: 8, a_bits: null }, ['W8', 'A?']],
    [{ tensor: 'KV', w_bits: 16, a_bits: 16, kv_bits: 3 }, ['KV3']],
    [{ tensor: 'prune', w_bits: 16, a_bits: 16, sparsity: 0.5, sparsity_pattern: '2:4' }, ['2:4']],
    [{ tensor: 'prune', w_bits: 16, sparsity: 0.5, sparsity_pattern: 'unstructured' }, ['50 % sparse']],
    [{ tensor: 'prune', w_bits: 4, sparsity: 0.4616 }, ['W4', '46.2 % sparse']],
    [{ tensor: 'W', w_bits: null, a_bits: 16 }, ['W?']],
    [{ tensor: 'none', w_bits: 16, a_bits: 16, kv_bits: 16 }, ['16 bit']],
    [{ tensor: 'none', w_bits: 32, a_bits: 32 }, ['32 bit']],
  ] as [Partial<Setting>, string[]][])('%o are %o', (setting, chips) => {
    expect(bitsChips({ ...PLAIN, ...setting })).toEqual(chips);
  });
});

describe('numbers', () => {
  it('says shares as per cent, never below nothing for kept', () => {
    expect([percent(0.9912), percent(1.028), percent(0), percent(12.3), percent(null)]).toEqual([
      '99.1 %',
      '102.8 %',
      '0.0 %',
      '1230 %',
      '–',
    ]);
    expect([keptText(-0.2), keptText(0.5), keptText(null)]).toEqual(['0 %', '50.0 %', '–']);
  });

  it('says intervals as half widths, and a dash where there is none', () => {
    expect(intervalText(0.97, 0.99)).toBe('±1.0');
    expect(intervalText(null, null)).toBe('–');
  });

  it.each([
    [0.6135, 'fraction', '61.4'],
    [5.678, 'perplexity', '5.68'],
    [5678, 'perplexity', '5678'],
    [1.23e6, 'perplexity', '1.2e6'],
    [0.0042, 'nats', '4.2e−3'],
    [182.34, 'perplexity', '182.3'],
    [-0.52, 'score', '−0.52'],
    [null, 'score', '–'],
  ])('shows %s %s as %s', (value, unit, text) => {
    expect(valueText(value, unit)).toBe(text);
  });

  it('writes signs, bits, bytes and times', () => {
    expect([signed(1.84, 1), signed(-1.84, 1), signed(0.01, 1), signed(-0.01, 1), signed(null, 1)]).toEqual([
      '+1.8',
      '−1.8',
      '0.0',
      '0.0',
      '–',
    ]);
    expect([bitsText(4.25), bitsText(4), bitsText(3.1426), bitsText(null)]).toEqual([
      '4.25',
      '4',
      '3.14',
      '–',
    ]);
    expect([bytesText(12), bytesText(1536), bytesText(5_000_000)]).toEqual(['12 B', '1.5 KiB', '4.8 MiB']);
    expect([durationText(1500), durationText(61_000)]).toEqual(['1.5 s', '1 min 1 s']);
  });
});

describe('CSV', () => {
  it('quotes what must be quoted and disarms formulas', () => {
    const csv = toCsv(
      ['a', 'b'],
      [
        ['x,y', 'say "hi"'],
        [null, -1.5],
        ['=1+1', '-cmd'],
        ['two\nlines', ''],
      ],
    );
    expect(csv).toBe('a,b\r\n"x,y","say ""hi"""\r\n,-1.5\r\n\'=1+1,\'-cmd\r\n"two\nlines",\r\n');
  });
});

describe('the search language', () => {
  const parse = (text: string) => parseSearch(text, ['model', 'task'], ['bits', 'kept']);

  it('knows words, fields, comparisons and quotes', () => {
    expect(parse('GPTQ model:llama bits<=4 "act order"')).toEqual([
      { kind: 'word', word: 'gptq', field: null },
      { kind: 'word', word: 'llama', field: 'model' },
      { kind: 'number', field: 'bits', comparison: '<=', bound: 4 },
      { kind: 'word', word: 'act order', field: null },
    ]);
  });

  it('takes everything else as a word', () => {
    expect(parse('color:red size<3 bits< ""')).toEqual([
      { kind: 'word', word: 'color:red', field: null },
      { kind: 'word', word: 'size<3', field: null },
      { kind: 'word', word: 'bits<', field: null },
    ]);
  });
});

describe('marks', () => {
  it('gives one colour a group and one shape a method of it', () => {
    const marks = assignMarks([
      { id: 'fp16', group: 'baseline' },
      { id: 'rtn', group: 'rounding' },
      { id: 'hqq', group: 'rounding' },
      { id: 'gptq', group: 'second-order' },
      { id: 'new', group: 'never heard of' },
    ]);
    expect(marks.get('rtn')!.color).toBe(marks.get('hqq')!.color);
    expect(marks.get('rtn')!.shape).not.toBe(marks.get('hqq')!.shape);
    expect(marks.get('gptq')!.color).not.toBe(marks.get('rtn')!.color);
    expect(marks.get('gptq')!.shape).not.toBe(marks.get('rtn')!.shape);
    expect(marks.get('new')!.color).toBe('var(--ink)');
    expect(Object.keys(SHAPES)).toContain(marks.get('fp16')!.shape);
  });
});
