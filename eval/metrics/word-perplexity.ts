import { defineMetric } from './metric.ts';

export const wordPerplexity = defineMetric({
  id: 'word_perplexity',
  title: 'Perplexity per word',
  unit: 'perplexity',
  higherIsBetter: false,
  sum: 'nll_nats',
  per: 'words',
  scale: 'exp',
  definition: 'e to the negative log-likelihood per word of the original text, split at white space.',
});
