import { defineMetric } from './metric.ts';

export const perplexity = defineMetric({
  id: 'perplexity',
  title: 'Perplexity',
  unit: 'perplexity',
  higherIsBetter: false,
  sum: 'nll_nats',
  per: 'tokens',
  scale: 'exp',
  definition: 'e to the mean negative log-likelihood of a predicted token.',
});
