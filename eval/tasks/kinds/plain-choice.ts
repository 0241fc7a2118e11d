/**
 * A choice among a few fixed words by log-likelihood: every word is scored as a continuation, after one space, of the
 * same prompt. Unlike `multiple-choice.ts` nothing is normalised by length, as the words are labels.
 */
import type { Doc } from '../../datasets/dataset.ts';
import { acc } from '../../metrics/acc.ts';
import type { PairAnswer, PairRequest, Row } from '../task.ts';
import { choiceColumns, choiceShape, scoreChoice } from './choice-score.ts';
import { type Facets, facetColumns, facetValues } from './facets.ts';

export interface PlainChoice<D extends Doc> {
  prompt(doc: D): string;
  choices(doc: D): readonly string[];
  /** Index of the right choice. */
  answer(doc: D): number;
  readonly facets?: Facets<D>;
}

export function plainChoice<D extends Doc>({ prompt, choices, answer, facets = {} }: PlainChoice<D>) {
  return {
    ...choiceShape,
    columns: { ...choiceColumns, ...facetColumns(facets) },
    groups: Object.keys(facets),
    metrics: [acc],
    requests: (doc: D): readonly PairRequest[] =>
      choices(doc).map((choice) => ({ context: prompt(doc), continuation: ` ${choice}` })),
    score: (doc: D, answers: readonly PairAnswer[]): readonly Row[] => [
      { item: doc.id, ...scoreChoice(answers, answer(doc)), ...facetValues(facets, doc) },
    ],
  } as const;
}
