import { describe, expect, test } from 'vitest';
import { didYouMean, editDistance, nearest } from '../../eval/nearest.ts';

const TASKS = [
  'arc-challenge',
  'arc-easy',
  'hellaswag',
  'lambada',
  'piqa',
  'wikitext2',
  'winogrande',
  'world-text',
];

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3], // the textbook example
    ['gptq', 'gtpq', 1], // two neighbours swapped
    ['piqa', 'piqa', 0],
  ])('%j → %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  test.each([
    ['helaswag', ['hellaswag']],
    ['arc', ['arc-challenge', 'arc-easy']],
    ['wikitext', ['wikitext2']],
    ['easy', ['arc-easy']],
    ['PIQA', ['piqa']],
    ['mmlu', []],
    ['x', []],
  ])('%j → %j', (name, expected) => {
    expect(nearest(name, TASKS)).toEqual(expected);
  });

  test('says it in a sentence', () => {
    expect(didYouMean('arc', TASKS)).toBe('Did you mean "arc-challenge" or "arc-easy"?');
    expect(didYouMean('mmlu', TASKS)).toBe('');
  });
});
