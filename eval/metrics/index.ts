/** Every metric, keyed by its id. */
import { acc } from './acc.ts';
import { accNorm } from './acc-norm.ts';
import { bitsPerByte } from './bits-per-byte.ts';
import { exactMatch } from './exact-match.ts';
import type { Metric } from './metric.ts';
import { perplexity } from './perplexity.ts';
import { targetPerplexity } from './target-perplexity.ts';
import { wordPerplexity } from './word-perplexity.ts';

export const metrics = {
  acc,
  acc_norm: accNorm,
  bits_per_byte: bitsPerByte,
  exact_match: exactMatch,
  perplexity,
  target_perplexity: targetPerplexity,
  word_perplexity: wordPerplexity,
} as const satisfies Record<string, Metric>;

export type MetricId = keyof typeof metrics;
