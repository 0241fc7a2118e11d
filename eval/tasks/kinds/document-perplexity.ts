/**
 * Perplexity per word and bits per byte of whole documents, every token predicted once (`wikitext` of
 * lm-evaluation-harness). Words and bytes are those of the document as published, before its text is tidied.
 */
import type { Doc } from '../../datasets/dataset.ts';
import { bitsPerByte } from '../../metrics/bits-per-byte.ts';
import { wordPerplexity } from '../../metrics/word-perplexity.ts';
import type { ModelLimits, RollingAnswer, RollingRequest, Row } from '../task.ts';
import { documentSettings, type RollingSettings } from './settings.ts';

export interface DocumentPerplexity<D extends Doc> {
  /** As published; its words and bytes are counted. */
  original(doc: D): string;
  /** As the model sees it. */
  text(doc: D): string;
}

export function documentPerplexity<D extends Doc>({ original, text }: DocumentPerplexity<D>) {
  return {
    kind: 'rolling',
    item: 'document',
    settings: documentSettings,
    metrics: [wordPerplexity, bitsPerByte],
    columns: { nll_nats: 'double', tokens: 'int', words: 'int', bytes: 'int' },
    resolve: (settings: RollingSettings, { maxPositions }: ModelLimits): RollingSettings => ({
      ...settings,
      window: settings.window ?? maxPositions,
    }),
    requests: (doc: D): readonly RollingRequest[] => [
      { text: text(doc), windows: 'continuous', limit: null },
    ],
    score: (doc: D, [answer]: readonly RollingAnswer[]): readonly Row[] => [
      {
        item: doc.id,
        nll_nats: answer!.windows.reduce((sum, { nll }) => sum + nll, 0),
        tokens: answer!.windows.reduce((sum, { tokens }) => sum + tokens, 0),
        words: original(doc).split(/\s+/u).length,
        bytes: Buffer.byteLength(original(doc)),
      },
    ],
  } as const;
}
