/**
 * Last-word prediction (Paperno et al. 2016, arXiv:1606.06031; `lambada_openai` of lm-evaluation-harness): the text is
 * cut at its last space; right means that greedy decoding would give the last word.
 */
import type { Doc } from '../../datasets/dataset.ts';
import { acc } from '../../metrics/acc.ts';
import { targetPerplexity } from '../../metrics/target-perplexity.ts';
import type { PairAnswer, PairRequest, Row } from '../task.ts';
import { pairSettings } from './settings.ts';

export function lastWord<D extends Doc>({ text }: { text(doc: D): string }) {
  return {
    kind: 'pair',
    item: 'document',
    settings: pairSettings,
    metrics: [acc, targetPerplexity],
    columns: { nll_nats: 'double', tokens: 'int', acc: 'bool' },
    requests: (doc: D): readonly PairRequest[] => {
      const cut = text(doc).lastIndexOf(' ');
      return [{ context: text(doc).slice(0, cut), continuation: text(doc).slice(cut) }];
    },
    score: (doc: D, [answer]: readonly PairAnswer[]): readonly Row[] => [
      { item: doc.id, nll_nats: -answer!.logLikelihood, tokens: answer!.tokens, acc: answer!.isGreedy },
    ],
  } as const;
}
