/** How a choice is made among scored candidates, and the item columns that keep the evidence for it. */
import type { PairAnswer } from '../task.ts';
import { pairSettings } from './settings.ts';

export const choiceShape = { kind: 'pair', item: 'document', settings: pairSettings } as const;

export const choiceColumns = {
  log_likelihoods: 'doubles',
  choice_tokens: 'doubles',
  answer: 'int',
  choice: 'int',
  acc: 'bool',
} as const;

/** The columns of one item; `answer` is the index of the right choice. */
export function scoreChoice(answers: readonly PairAnswer[], answer: number) {
  const logLikelihoods = answers.map(({ logLikelihood }) => logLikelihood);
  const choice = firstOfHighest(logLikelihoods);
  return {
    log_likelihoods: logLikelihoods,
    choice_tokens: answers.map(({ tokens }) => tokens),
    answer,
    choice,
    acc: choice === answer,
  };
}

/** Index of the highest value; of equal ones the first, as numpy's argmax does. */
export function firstOfHighest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}

/** Probabilities that sum to 1 from log-likelihoods. */
export function softmax(logLikelihoods: readonly number[]): readonly number[] {
  const highest = Math.max(...logLikelihoods);
  const powers = logLikelihoods.map((value) => Math.exp(value - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
