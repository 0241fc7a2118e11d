/**
 * Partial scoring of cloze sentences (Trinh & Le 2018, arXiv:1806.02847; WinoGrande in lm-evaluation-harness): each
 * option is put into the blank, and only the text after the blank, which all options share, is scored.
 */
import type { Doc } from '../../datasets/dataset.ts';
import { acc } from '../../metrics/acc.ts';
import type { PairAnswer, PairRequest, Row } from '../task.ts';
import { choiceColumns, choiceShape, scoreChoice } from './choice-score.ts';

export interface PartialScoring<D extends Doc> {
  /** The sentence with its blank, the first `_`. */
  sentence(doc: D): string;
  options(doc: D): readonly string[];
  /** Index of the right option. */
  answer(doc: D): number;
}

export function partialScoring<D extends Doc>({ sentence, options, answer }: PartialScoring<D>) {
  return {
    ...choiceShape,
    columns: choiceColumns,
    metrics: [acc],
    requests: (doc: D): readonly PairRequest[] => {
      const blank = sentence(doc).indexOf('_');
      const before = sentence(doc).slice(0, blank);
      const after = sentence(doc)
        .slice(blank + 1)
        .trim();
      return options(doc).map((option) => ({ context: before + option, continuation: ` ${after}` }));
    },
    score: (doc: D, answers: readonly PairAnswer[]): readonly Row[] => [
      { item: doc.id, ...scoreChoice(answers, answer(doc)) },
    ],
  } as const;
}
