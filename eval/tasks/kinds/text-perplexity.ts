/**
 * Perplexity of one long text in separate windows: the protocol of the GPTQ papers (Frantar et al. 2022,
 * arXiv:2210.17323), 2048 tokens a window. An item is a window.
 */
import type { Doc } from '../../datasets/dataset.ts';
import { perplexity } from '../../metrics/perplexity.ts';
import type { ModelLimits, RollingAnswer, RollingRequest, Row } from '../task.ts';
import { type RollingSettings, rollingSettings } from './settings.ts';

const USUAL_WINDOW = 2048;

export function textPerplexity<D extends Doc>({ text }: { text(doc: D): string }) {
  return {
    kind: 'rolling',
    item: 'window',
    settings: rollingSettings,
    metrics: [perplexity],
    columns: { nll_nats: 'double', tokens: 'int' },
    resolve: (settings: RollingSettings, { maxPositions }: ModelLimits): RollingSettings => ({
      ...settings,
      window: settings.window ?? Math.min(USUAL_WINDOW, maxPositions),
    }),
    requests: (doc: D, { limit }: RollingSettings): readonly RollingRequest[] => [
      { text: text(doc), windows: 'separate', limit },
    ],
    score: (doc: D, [answer]: readonly RollingAnswer[]): readonly Row[] =>
      answer!.windows.map(({ nll, tokens }, index) => ({
        item: `${doc.id}-${index}`,
        nll_nats: nll,
        tokens,
      })),
  } as const;
}
