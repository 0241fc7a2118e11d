import { expect, test } from 'vitest';
import { metricSchema } from '../../../data/schema.ts';
import { itemTable } from '../../../eval/items.ts';
import { metrics } from '../../../eval/metrics/index.ts';
import { measure } from '../../../eval/stats/measure.ts';

const items = itemTable(
  't',
  {
    nll_nats: 'double',
    tokens: 'int',
    words: 'int',
    bytes: 'int',
    acc: 'bool',
    acc_norm: 'bool',
    exact_match: 'bool',
  },
  [
    { item: 'a', nll_nats: 4, tokens: 2, words: 1, bytes: 8, acc: true, acc_norm: false, exact_match: true },
    { item: 'b', nll_nats: 2, tokens: 4, words: 2, bytes: 4, acc: true, acc_norm: true, exact_match: false },
  ],
);

test('values of every metric on two items', () => {
  const values = Object.values(metrics).map((metric) => [metric.id, measure('t', metric, items).value]);
  expect(Object.fromEntries(values)).toEqual({
    acc: 1,
    acc_norm: 0.5,
    exact_match: 0.5,
    perplexity: Math.exp(1),
    target_perplexity: Math.exp(3),
    word_perplexity: Math.exp(2),
    bits_per_byte: expect.closeTo(6 / 12 / Math.LN2, 12),
  });
});

test('errors are carried over to the scale of the metric', () => {
  // Mean 3, sample sd √2, error 1; e³ times that.
  expect(measure('t', metrics.target_perplexity, items).std_error).toBeCloseTo(Math.exp(3), 9);
  // Ratio 1, residuals 2 and −2, error √8 / (√2 · 3) = ⅔; e times that.
  expect(measure('t', metrics.perplexity, items).std_error).toBeCloseTo((Math.E * 2) / 3, 9);
  // Ratio ½, residuals 0 and 0.
  expect(measure('t', metrics.bits_per_byte, items).std_error).toBe(0);
});

test('ids are column names, keys of the index, and every row fits the data contract', () => {
  for (const [key, metric] of Object.entries(metrics)) {
    expect(metric.id).toBe(key);
    expect(metricSchema.safeParse(measure('t', metric, items)).error).toBeUndefined();
  }
});

test('columns are checked', () => {
  expect(() => itemTable('t', { acc: 'bool' }, [{ item: 'a' }])).toThrow(
    expect.objectContaining({ code: 'task/column' }),
  );
  expect(() => itemTable('t', { acc: 'bool' }, [{ item: 'a', acc: 1 }])).toThrow(
    expect.objectContaining({ code: 'task/column' }),
  );
  expect(() => itemTable('t', {}, [{ item: 'a', acc: true }])).toThrow(
    expect.objectContaining({ code: 'task/column' }),
  );
  expect(() => measure('t', { ...metrics.acc, sum: 'other' }, items)).toThrow(
    expect.objectContaining({ code: 'task/column' }),
  );
  expect(() => measure('t', { ...metrics.acc, sum: 'item' }, items)).toThrow(
    expect.objectContaining({ code: 'task/column' }),
  );
});
