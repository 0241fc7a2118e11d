import { expect, test } from 'vitest';
import { changedInputs, compareRuns, describeComparison, isReproduced } from '../../eval/reproduce.ts';
import { runFile } from '../data/data-folder.ts';

const cells = (a: number, b: number) => [
  { recipe: 'fp16', metrics: [{ value: a }, { metric: 'acc_norm', value: 0.5 }] },
  { recipe: 'rtn-w4g128', metrics: [{ value: b, std_error: 0.02 }] },
];

test('numbers are compared cell by cell', () => {
  const comparison = compareRuns(runFile('r', cells(0.5, 0.25)), runFile('r', cells(0.5, 0.254)));
  expect(comparison.identical).toBe(2);
  expect(comparison.missing).toEqual([]);
  expect(comparison.different).toHaveLength(1);
  expect(comparison.different[0]!.standardErrors).toBeCloseTo(0.2, 10);
  expect(isReproduced(comparison)).toBe(true);
  expect(describeComparison(comparison)).toBe(
    'Reproduced: 2 of 3 numbers are identical, 1 differ, 0 are missing.\n' +
      '  rtn-w4g128 world-facts acc: 0.25 there, 0.254 here (0.20 standard errors)',
  );
});

test('half a standard error is the most', () => {
  const of = (again: number) =>
    isReproduced(compareRuns(runFile('r', cells(0.5, 0.25)), runFile('r', cells(0.5, again))));
  expect(of(0.2599)).toBe(true);
  expect(of(0.2601)).toBe(false);
});

test('missing and failed cells are told', () => {
  const failed = [{ recipe: 'fp16', error: { code: 'x/y', message: '[x] it broke.' } }];
  const comparison = compareRuns(runFile('r', cells(0.5, 0.25)), runFile('r', failed));
  expect(comparison.missing).toEqual([
    'fp16 world-facts: failed here: [x] it broke.',
    'rtn-w4g128 world-facts: was not measured again',
  ]);
  expect(isReproduced(comparison)).toBe(false);
  expect(isReproduced(compareRuns(runFile('r', failed), runFile('r', failed)))).toBe(true);
});

test('other inputs are named with both hashes', () => {
  const { run } = runFile('r', []);
  const [model] = run.models;
  const other = {
    ...run,
    models: [{ ...model!, tokenizer_sha256: 'f'.repeat(64) }],
    datasets: [{ id: 'piqa', files: [{ name: 'valid.jsonl', sha256: 'e'.repeat(64), bytes: 1 }] }],
  };
  expect(changedInputs(run, run)).toEqual([]);
  expect(changedInputs(run, other)).toEqual([
    `tokenizer.json: ${model!.tokenizer_sha256} there, ${'f'.repeat(64)} here`,
    `valid.jsonl of piqa: nothing there, ${'e'.repeat(64)} here`,
  ]);
});
