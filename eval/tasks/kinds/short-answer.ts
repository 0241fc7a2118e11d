/** Greedy generation of a short answer, right when it equals the expected one exactly. */
import type { Doc } from '../../datasets/dataset.ts';
import { exactMatch } from '../../metrics/exact-match.ts';
import type { GenerationAnswer, GenerationRequest, Row } from '../task.ts';
import { type Facets, facetColumns, facetValues } from './facets.ts';
import { generationSettings } from './settings.ts';

const answerColumns = { generated: 'text', expected: 'text', tokens: 'int', exact_match: 'bool' } as const;

export interface ShortAnswer<D extends Doc> {
  prompt(doc: D): string;
  answer(doc: D): string;
  /** Texts at which generation stops; none of them is part of the answer. */
  readonly until: readonly string[];
  readonly facets?: Facets<D>;
}

export function shortAnswer<D extends Doc>({ prompt, answer, until, facets = {} }: ShortAnswer<D>) {
  return {
    kind: 'generation',
    item: 'document',
    settings: generationSettings,
    metrics: [exactMatch],
    columns: { ...answerColumns, ...facetColumns(facets) },
    groups: Object.keys(facets),
    requests: (doc: D): readonly GenerationRequest[] => [{ prompt: prompt(doc), until }],
    score: (doc: D, [generated]: readonly GenerationAnswer[]): readonly Row[] => [
      {
        item: doc.id,
        generated: generated!.text,
        expected: answer(doc),
        tokens: generated!.tokens,
        exact_match: generated!.text.trim() === answer(doc),
        ...facetValues(facets, doc),
      },
    ],
  } as const;
}
