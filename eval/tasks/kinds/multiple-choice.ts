/**
 * Multiple choice by log-likelihood, as in lm-evaluation-harness: every choice is scored as a continuation, one space
 * and the choice text, of the same prompt.
 */
import type { Doc } from '../../datasets/dataset.ts';
import { acc } from '../../metrics/acc.ts';
import { accNorm } from '../../metrics/acc-norm.ts';
import type { PairAnswer, PairRequest, Row } from '../task.ts';
import { choiceColumns, choiceShape, firstOfHighest, scoreChoice } from './choice-score.ts';
import { type Facets, facetColumns, facetValues } from './facets.ts';

const normColumns = { choice_characters: 'doubles', choice_norm: 'int', acc_norm: 'bool' } as const;

export interface MultipleChoice<D extends Doc> {
  prompt(doc: D): string;
  choices(doc: D): readonly string[];
  /** Index of the right choice. */
  answer(doc: D): number;
  readonly facets?: Facets<D>;
}

/** The parts of a task that every multiple-choice task has in common. */
export function multipleChoice<D extends Doc>({ prompt, choices, answer, facets = {} }: MultipleChoice<D>) {
  return {
    ...choiceShape,
    columns: { ...choiceColumns, ...normColumns, ...facetColumns(facets) },
    groups: Object.keys(facets),
    metrics: [acc, accNorm],
    requests: (doc: D): readonly PairRequest[] =>
      choices(doc).map((choice) => ({ context: prompt(doc), continuation: ` ${choice}` })),
    score: (doc: D, answers: readonly PairAnswer[]): readonly Row[] => {
      const lengths = choices(doc).map(characters);
      const choiceNorm = firstOfHighest(
        answers.map(({ logLikelihood }, index) => logLikelihood / lengths[index]!),
      );
      return [
        {
          item: doc.id,
          ...scoreChoice(answers, answer(doc)),
          choice_characters: lengths,
          choice_norm: choiceNorm,
          acc_norm: choiceNorm === answer(doc),
          ...facetValues(facets, doc),
        },
      ];
    },
  } as const;
}

/** Length in Unicode characters, which is what Python's `len` counts. */
function characters(text: string): number {
  return [...text].length;
}
