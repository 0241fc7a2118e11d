import { expect, test } from 'vitest';
import { metricSchema } from '../../../data/schema.ts';
import { itemTable } from '../../../eval/items.ts';
import { metrics } from '../../../eval/metrics/index.ts';
import { isMeasurable, measure } from '../../../eval/stats/measure.ts';

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
    ...{ acc_before: 'bool', answerable: 'bool', to_refuse: 'bool', followed: 'bool' },
    ...{ missed_refusal: 'bool', over_refusal: 'bool', brier: 'double', confidence: 'double' },
    ...{ facts: 'int', facts_kept: 'int', wrong_share: 'double', steps: 'int', steps_right: 'int' },
    ...{ first_facts: 'int', first_right: 'int', second_facts: 'int', second_right: 'int' },
    ...{ repeated_sentences: 'double', repeated_words: 'double', repeated_bigrams: 'double' },
    kl_nats: 'double',
    top1_same: 'double',
  },
  [
    {
      item: 'a',
      ...{ kl_nats: 1, top1_same: 1 },
      ...{ nll_nats: 4, tokens: 2, words: 1, bytes: 8, acc: true, acc_norm: false, exact_match: true },
      ...{ acc_before: true, answerable: true, to_refuse: false, followed: true },
      ...{ missed_refusal: false, over_refusal: true, brier: 0.5, confidence: 0.95 },
      ...{ facts: 6, facts_kept: 3, wrong_share: 0.25, steps: 2, steps_right: 2 },
      ...{ first_facts: 4, first_right: 1, second_facts: 4, second_right: 0 },
      ...{ repeated_sentences: 0.5, repeated_words: 0, repeated_bigrams: 0.25 },
    },
    {
      item: 'b',
      ...{ kl_nats: 2, top1_same: 2 },
      ...{ nll_nats: 2, tokens: 4, words: 2, bytes: 4, acc: true, acc_norm: true, exact_match: false },
      ...{ acc_before: true, answerable: false, to_refuse: true, followed: false },
      ...{ missed_refusal: true, over_refusal: false, brier: 0.25, confidence: 0.55 },
      ...{ facts: 8, facts_kept: 8, wrong_share: 0, steps: 4, steps_right: 1 },
      ...{ first_facts: 4, first_right: 4, second_facts: 4, second_right: 2 },
      ...{ repeated_sentences: 0, repeated_words: 0.5, repeated_bigrams: 0.25 },
    },
  ],
);

test('values of every metric on two items', () => {
  const values = Object.values(metrics).map((metric) => [metric.id, measure('t', metric, items).value]);
  expect(Object.fromEntries(values)).toEqual({
    acc: 1,
    acc_norm: 0.5,
    exact_match: 0.5,
    kl_nats: 0.5,
    top1_agreement: 0.5,
    perplexity: Math.exp(1),
    target_perplexity: Math.exp(3),
    word_perplexity: Math.exp(2),
    bits_per_byte: expect.closeTo(6 / 12 / Math.LN2, 12),
    acc_before: 1,
    // A task never has an item that is right and not answerable; here both are right, one counts below.
    answerable_acc: 2,
    brier: 0.375,
    drop: 0,
    // Bins (0.5, 0.6] and (0.9, 1] with one right item each: (0.45 + 0.05) / 2.
    ece: expect.closeTo(0.25, 12),
    facts_first: 5 / 8,
    facts_kept: 11 / 14,
    facts_second: 2 / 8,
    instructions_followed: 0.5,
    missed_refusals: 1,
    over_refusals: 1,
    repeated_bigrams: 0.25,
    repeated_sentences: 0.25,
    repeated_words: 0.25,
    steps_right: 3 / 6,
    wrong_statements: 0.125,
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

test('of a drop the error is that of the ratio, and without a denominator there is nothing to tell', () => {
  const of = (...right: (readonly [before: boolean, after: boolean])[]) =>
    itemTable(
      't',
      { acc_before: 'bool', acc: 'bool' },
      right.map(([acc_before, acc], index) => ({ item: `${index}`, acc_before, acc })),
    );
  // Ratio ½; residuals ½ and −½, their squares sum to ½; error √(2 · ½ / (2 − 1)) / 2 = ½.
  const half = of([true, true], [true, false]);
  expect(measure('t', metrics.drop, half)).toMatchObject({ value: 0.5, std_error: 0.5, unit: 'rate' });
  expect(isMeasurable('t', metrics.drop, half)).toBe(true);
  expect(isMeasurable('t', metrics.drop, of([false, true]))).toBe(false);
  expect(isMeasurable('t', metrics.acc, of([false, true]))).toBe(true);
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
