import { defineMetric } from './metric.ts';

export const targetPerplexity = defineMetric({
  id: 'target_perplexity',
  title: 'Perplexity of the target',
  unit: 'perplexity',
  higherIsBetter: false,
  sum: 'nll_nats',
  per: null,
  scale: 'exp',
  definition:
    'e to the mean negative log-likelihood of a whole target word (LAMBADA perplexity of lm-evaluation-harness).',
});
