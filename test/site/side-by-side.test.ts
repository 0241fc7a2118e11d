/** Sentences of the charts that put families, abilities and sizes side by side, worked by hand. */
import { expect, it } from 'vitest';
import { charts } from '../../site/charts/index.ts';
import { ABILITIES, FAMILIES, FRONT, FRONT_REPORTED, family, front } from './side-by-side-rows.ts';

it('names the size at which families differ most, under the same method', () => {
  const chart = charts['family-curves'];
  const rows = chart.select(FAMILIES);
  expect(rows.some(({ origin }) => origin === 'reported')).toBe(false);
  // 4 bits 1 point, 3 bits 30, 2 bits 10.
  expect(chart.finding(rows)).toBe(
    'They differ most at 3 bits: there RTN keeps 60.0 % of mamba and 90.0 % of llama.',
  );
  expect(chart.finding([family('llama', 3, 0.9)])).toMatch(/yet\.$/);
});

it('names the ability that goes first and the one that goes last', () => {
  const chart = charts['ability-dots'];
  expect(chart.finding(chart.select(ABILITIES))).toBe(
    'At 3 bits RTN keeps least of calibration (50.0 %) and most of knowledge (90.0 %), in the mean over 5 models.',
  );
});

it('says how much of the front is compressed, and what is nearly as good for less', () => {
  const chart = charts['memory-front'];
  const rows = chart.select(FRONT);
  expect(rows).toHaveLength(5);
  // 95 % of 0.8 is 0.76: the large model at 4 bits has 0.78.
  expect(chart.finding(rows)).toBe(
    '1 of the 4 on the front is uncompressed. Within 5 % of the best 16-bit score (LARGE, 1.5 GiB) the smallest is LARGE as rtn-w4, 381.5 MiB.',
  );
  const without = rows.filter(({ is_baseline, is_front }) => !(is_baseline && is_front));
  expect(chart.finding(without)).toMatch(/^None of the 3 on the front is uncompressed\./);
  expect(chart.finding([front('a', 'rtn-w4', 1, 0.5)])).toMatch(/yet\.$/);
});

it('has the better perplexity up, and leaves what collapsed to the table', () => {
  const chart = charts['memory-front-reported'];
  const rows = chart.select(FRONT_REPORTED);
  // 5 / 0.95 = 5.26: 5.1 is within.
  expect(chart.finding(rows)).toContain('the smallest is LARGE as rtn-w4, 858.3 MiB');
  const text = JSON.stringify(chart.spec(rows, 'wide', () => ({ color: 'red', shape: 'circle' })));
  expect(text).toContain('"reverse":true');
  expect(text).not.toContain('100000');
  expect(chart.columns.map(({ text: of }) => of(rows[0]!))).toContain('1.0e5');
});
