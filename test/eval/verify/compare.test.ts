/** Hand-worked outcomes against their repetition: what agrees, and what noise does not explain. */
import { describe, expect, it } from 'vitest';
import type { FinishedCell } from '../../../data/schema.ts';
import { agreementSchema } from '../../../data/trust-schema.ts';
import type { ItemColumn, ItemTable } from '../../../eval/items.ts';
import { allTasks, metricsOf } from '../../../eval/submission/all-tasks.ts';
import { agreementOf, agrees, describeAgreement, describeFaults } from '../../../eval/verify/agreement.ts';
import { compareCell, failedCell, incomparableCell } from '../../../eval/verify/compare-cell.ts';
import { FLOAT32, IDENTICAL, type NoiseFloor } from '../../../eval/verify/noise-floor.ts';
import { roundingOf } from '../../../eval/verify/published-digits.ts';
import { runFile } from '../../data/data-folder.ts';

const table = (...columns: ItemColumn[]): ItemTable => ({ rows: columns[0]!.values.length, columns });
const bools = (name: string, ...values: number[]): ItemColumn => ({
  name,
  type: 'bool',
  values: Uint8Array.from(values),
});
const doubles = (name: string, ...values: number[]): ItemColumn => ({
  name,
  type: 'double',
  values: Float64Array.from(values),
});

/** Eight questions, five of them right: acc 0.625. */
const RIGHT = [1, 1, 0, 1, 0, 1, 1, 0];

interface Case {
  readonly task?: string;
  readonly metric?: string;
  readonly value?: number;
  readonly again?: number;
  readonly stdError?: number | null;
  readonly floor?: NoiseFloor | null;
  readonly chosen?: readonly number[];
}

function compare(there: ItemTable, here: ItemTable, given: Case = {}) {
  const { task = 'world-facts', metric = 'acc', value = 0.625, again = value, chosen = null } = given;
  const { stdError: std_error = 0.1, floor = FLOAT32 } = given;
  const metrics = [{ metric, unit: 'fraction' as const, value, std_error, n: 8 }];
  const { cells } = runFile('r', [{ recipe: 'fp16', task, metrics }]);
  const published = cells[0] as FinishedCell;
  return compareCell({
    task: allTasks.get(task)!,
    metrics: metricsOf(task),
    published,
    outcomes: there,
    again: {
      metrics: chosen === null ? [{ ...published.metrics[0]!, value: again }] : null,
      items: here,
    },
    chosen,
    floor,
  });
}

const acc = (...values: number[]) => table(bools('acc', ...values));

describe('outcomes', () => {
  it('that are the same agree, whatever the floor', () => {
    for (const floor of [FLOAT32, IDENTICAL]) {
      const cell = compare(acc(...RIGHT), acc(...RIGHT), { floor });
      expect(cell.faults).toEqual([]);
      expect(agrees([cell])).toBe(true);
    }
  });

  it('that were tampered with do not, and are named', () => {
    const tampered = acc(1, 1, 1, 1, 0, 1, 1, 0);
    const cell = compare(tampered, acc(...RIGHT), { value: 0.75, again: 0.625, floor: IDENTICAL });
    expect(cell.items.different).toEqual([2]);
    expect(describeFaults([cell])).toEqual([
      '  fp16 world-facts: 1 of 8 items differ (2); noise explains 0.',
    ]);
    expect(agrees([cell])).toBe(false);
  });

  it('do not excuse a score that no item explains', () => {
    const cell = compare(acc(...RIGHT), acc(...RIGHT), { value: 0.626, again: 0.625 });
    expect(cell.faults).toEqual([
      'acc is 0.626 there and 0.625 here, 0.010 standard errors apart; noise explains 0.',
    ]);
  });

  it('may differ as much as noise explains, and their score by as many items', () => {
    const floor = { ...FLOAT32, items: 0.1 };
    const here = acc(1, 1, 1, 1, 0, 1, 1, 0);
    expect(compare(acc(...RIGHT), here, { again: 0.75, stdError: null, floor }).faults).toEqual([]);
    // Together they are one more case of the same chance: 8 · 0.1 a cell, and 30 cells with 4 of 8.
    const cells = Array.from({ length: 30 }, () =>
      compare(acc(...RIGHT), acc(0, 0, 1, 0, 0, 1, 1, 0), { again: 0.375, floor }),
    );
    expect(cells.flatMap(({ faults }) => faults)).toEqual([]);
    expect(describeFaults(cells)).toEqual([
      '  30 cells together: 120 of 240 items differ; noise explains 39.',
    ]);
    expect(agrees(cells)).toBe(false);
  });

  it('of a part are compared with the rows that were chosen', () => {
    const cell = compare(acc(...RIGHT), acc(0, 1, 1), { chosen: [2, 3, 7] });
    expect(cell.items).toMatchObject({ items: 3, different: [7] });
    expect(cell.scores).toEqual([]);
  });

  it('are no agreement where the floor is not known, nor where nothing was compared', () => {
    const cell = compare(acc(...RIGHT), acc(...RIGHT), { floor: null });
    expect(agrees([cell])).toBe(false);
    expect(agreementOf([cell]).noise_floor).toBeNull();
    expect(agrees([])).toBe(false);
    const { cells } = runFile('r', [{ recipe: 'fp16', metrics: [{ value: 0 }] }]);
    expect(agrees([failedCell(cells[0]!)])).toBe(false);
    expect(agrees([incomparableCell(cells[0]!, 'It was not measured here.')])).toBe(false);
  });

  it('need as many items and the same columns', () => {
    expect(compare(acc(...RIGHT), acc(1, 0)).faults).toEqual(['8 items there, 2 here.']);
    expect(compare(acc(...RIGHT), table(bools('right', ...RIGHT))).faults).toEqual([
      'acc of the items was not measured here.',
    ]);
  });
});

describe('log-likelihoods', () => {
  const text = { task: 'world-text', metric: 'perplexity', value: 2, stdError: 0.1 };
  // Multiples of 1/8, as published; a window has 511 tokens.
  const there = table(doubles('nll_nats', 10.125, 11.25, 9.5, 8.875), doubles('tokens', 1, 1, 1, 1));
  const here = (first: number) =>
    table(doubles('nll_nats', first, 11.2, 9.52, 8.8), {
      name: 'tokens',
      type: 'int',
      values: Int32Array.of(1, 1, 1, 1),
    });

  it('agree within the digits that are published', () => {
    const cell = compare(there, here(10.1), { ...text, again: 2.001, floor: FLOAT32 });
    expect(cell.items).toMatchObject({ items: 4, different: [], numbers: 4, numbersEqual: 4 });
    expect(cell.items.largestNumber).toBeCloseTo(0.075, 10);
    expect(cell.faults).toEqual([]);
  });

  it('do not beyond, and a score not beyond its standard errors', () => {
    const cell = compare(there, here(10.6), { ...text, again: 2.006, floor: FLOAT32 });
    expect(cell.items).toMatchObject({ different: [0], numbersEqual: 3 });
    expect(cell.faults[0]).toBe('1 of 4 items differ (0); noise explains 0.');
    const moved = compare(there, here(10.1), { ...text, again: 2.006, floor: FLOAT32 });
    expect(moved.faults).toEqual([
      'perplexity is 2 there and 2.006 here, 0.060 standard errors apart; noise explains 0.05.',
    ]);
    expect(compare(there, here(10.1), { ...text, again: Number.NaN }).faults).toEqual([
      'perplexity was not measured here.',
    ]);
  });

  it('are published in steps of a power of two, or with three digits', () => {
    expect(roundingOf(Float64Array.of(0.25, 0.75, 100.25))(0.25)).toBe(0.5);
    expect(roundingOf(Float64Array.of(1940, 2470, 2270))(1940)).toBe(10);
    expect(roundingOf(Float64Array.of(0, 0))(0)).toBe(0);
  });
});

it('sums up for a record and for a reader', () => {
  const agreement = agreementOf([
    compare(acc(...RIGHT), acc(...RIGHT)),
    compare(acc(...RIGHT), acc(1, 1, 1, 1, 0, 1, 1, 0), { again: 0.75 }),
  ]);
  expect(agreementSchema.parse(agreement)).toMatchObject({
    ...{ cells: 2, items: 16, items_equal: 15, numbers: 0, largest_number: null },
    ...{ metrics: 2, metrics_equal: 1, noise_floor: FLOAT32.items, floor_source: FLOAT32.source },
  });
  expect(describeAgreement(agreement)).toBe(
    '2 cells measured again, 15 of 16 items have the same outcome, 1 of 2 scores are identical (largest distance 1.3 standard errors).',
  );
});
