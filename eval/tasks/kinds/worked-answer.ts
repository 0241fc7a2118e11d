/** Greedy generation of a worked answer: some steps, then a conclusion, which alone decides whether it is right. */
import type { Doc } from '../../datasets/dataset.ts';
import { exactMatch } from '../../metrics/exact-match.ts';
import { stepsRight } from '../../metrics/steps-right.ts';
import type { GenerationAnswer, GenerationRequest, Row } from '../task.ts';
import { type Facets, facetColumns, facetValues } from './facets.ts';
import { generationUpTo } from './settings.ts';

export interface WorkedAnswer<D extends Doc> {
  prompt(doc: D): string;
  /** Without the marks between them. */
  steps(doc: D): readonly string[];
  result(doc: D): string;
  /** The words before the result. */
  readonly conclusion: string;
  readonly maxNewTokens: number;
  readonly facets?: Facets<D>;
}

const workedColumns = {
  generated: 'text',
  expected: 'text',
  tokens: 'int',
  steps: 'int',
  steps_right: 'int',
  exact_match: 'bool',
} as const;

/** Steps end in `;` or `.`; the answer ends with its line. */
export function workedAnswer<D extends Doc>(form: WorkedAnswer<D>) {
  const { prompt, steps, result, conclusion, maxNewTokens, facets = {} } = form;
  return {
    kind: 'generation',
    item: 'document',
    settings: generationUpTo(maxNewTokens),
    metrics: [exactMatch, stepsRight],
    columns: { ...workedColumns, ...facetColumns(facets) },
    groups: Object.keys(facets),
    requests: (doc: D): readonly GenerationRequest[] => [{ prompt: prompt(doc), until: ['\n'] }],
    score: (doc: D, [generated]: readonly GenerationAnswer[]): readonly Row[] => {
      const [work, concluded = ''] = generated!.text.split(conclusion) as [string, string?];
      const written = work.split(/[;.]/).map((step) => step.trim());
      return [
        {
          item: doc.id,
          generated: generated!.text,
          expected: result(doc),
          tokens: generated!.tokens,
          steps: steps(doc).length,
          steps_right: steps(doc).filter((step, index) => step === written[index]).length,
          exact_match: concluded.trim() === result(doc),
          ...facetValues(facets, doc),
        },
      ];
    },
  } as const;
}
