import { expect, test } from 'vitest';
import { pairedWithBaseline } from '../../../eval/evaluate.ts';
import { itemTable } from '../../../eval/items.ts';
import { acc } from '../../../eval/metrics/acc.ts';
import { bitsPerByte } from '../../../eval/metrics/bits-per-byte.ts';
import { perplexity } from '../../../eval/metrics/perplexity.ts';
import { hasSomethingToLose, keptShare } from '../../../eval/stats/kept.ts';

const task = { id: 't', chance: 0.25, metrics: [acc] };
const answers = (right: readonly boolean[]) =>
  itemTable(
    't',
    { acc: 'bool' },
    right.map((one, index) => ({ item: `i${index}`, acc: one })),
  );
const pattern = (length: number, right: (index: number) => boolean) =>
  Array.from({ length }, (_, index) => right(index));

test('kept: accuracies above chance, perplexities upside down', () => {
  expect(keptShare(acc, 0.25, 0.55, 0.65)).toBeCloseTo(0.75, 12);
  expect(keptShare(acc, 0.25, 0.2, 0.65)).toBeCloseTo(-0.125, 12);
  expect(keptShare(acc, null, 0.3, 0.6)).toBeCloseTo(0.5, 12);
  expect(keptShare(acc, 0.25, 0.5, 0.25)).toBe(Number.POSITIVE_INFINITY);
  // ln ppl 2 after, 1.5 before.
  expect(keptShare(perplexity, null, 2, 1.5)).toBeCloseTo(Math.exp(-0.5), 12);
});

test('flips, McNemar p and interval of an accuracy', () => {
  // 100 items all right at 16 bit, half of them after: the mean of a resample is binomial, 40 … 60 of 100, and
  // kept is (0.4 − 0.25) / 0.75 … (0.6 − 0.25) / 0.75.
  const paired = pairedWithBaseline(
    answers(pattern(100, (i) => i % 2 === 0)),
    answers(pattern(100, () => true)),
    task,
  );
  expect(paired).toEqual({
    acc: {
      kept_low: expect.closeTo(0.2, 1),
      kept_high: expect.closeTo(0.35 / 0.75, 1),
      lost: 50,
      gained: 0,
      mcnemar_p: 2 ** -49,
    },
  });
});

test('the same outcomes keep everything, whatever is drawn', () => {
  const same = answers(pattern(40, (i) => i % 4 !== 0));
  expect(pairedWithBaseline(same, same, task).acc).toEqual({
    kept_low: 1,
    kept_high: 1,
    lost: 0,
    gained: 0,
    mcnemar_p: 1,
  });
});

test('a baseline within two standard errors of chance has no interval, but its flips', () => {
  // 6 of 20 right: 0.30, error 0.105.
  const before = answers(pattern(20, (i) => i < 6));
  const after = answers(pattern(20, (i) => i >= 2 && i < 9));
  expect(pairedWithBaseline(after, before, task).acc).toEqual({
    kept_low: null,
    kept_high: null,
    lost: 2,
    gained: 3,
    mcnemar_p: 1,
  });
});

test('two standard errors above chance is where there is something to lose', () => {
  const right = (count: number) => ({
    sum: Float64Array.from({ length: 1000 }, (_, index) => Number(index < count)),
    per: null,
  });
  // Of 1000 items, 278 right are 1.98 errors above a quarter, 279 are 2.04.
  expect(hasSomethingToLose(acc, 0.25, right(278))).toBe(false);
  expect(hasSomethingToLose(acc, 0.25, right(279))).toBe(true);
  expect(hasSomethingToLose(perplexity, null, right(1))).toBe(true);
  expect(hasSomethingToLose(bitsPerByte, null, right(1))).toBe(false);
});

test('perplexity: a loss of the same 0.1 nats a token everywhere keeps e^−0.1 in every resample', () => {
  const tokens = [10, 20, 30];
  const windows = (extra: number) =>
    itemTable(
      't',
      { nll_nats: 'double', tokens: 'int' },
      tokens.map((count, index) => ({
        item: `w${index}`,
        nll_nats: count * (2 + index + extra),
        tokens: count,
      })),
    );
  const text = { id: 't', chance: null, metrics: [perplexity] };
  expect(pairedWithBaseline(windows(0.1), windows(0), text).perplexity).toEqual({
    kept_low: expect.closeTo(Math.exp(-0.1), 12),
    kept_high: expect.closeTo(Math.exp(-0.1), 12),
    lost: null,
    gained: null,
    mcnemar_p: null,
  });
});

test('metrics that are no share of anything are not compared', () => {
  const pages = itemTable('t', { nll_nats: 'double', bytes: 'int' }, [{ item: 'p', nll_nats: 3, bytes: 2 }]);
  expect(pairedWithBaseline(pages, pages, { id: 't', chance: null, metrics: [bitsPerByte] })).toEqual({
    bits_per_byte: null,
  });
});

test('items that are not the same cannot be paired', () => {
  const some = answers([true, false]);
  expect(() => pairedWithBaseline(some, answers([true]), task)).toThrow(
    expect.objectContaining({ code: 'task/unpaired' }),
  );
  const others = itemTable('t', { acc: 'bool' }, [
    { item: 'i0', acc: true },
    { item: 'x', acc: true },
  ]);
  expect(() => pairedWithBaseline(some, others, task)).toThrow(
    expect.objectContaining({ code: 'task/unpaired' }),
  );
});
