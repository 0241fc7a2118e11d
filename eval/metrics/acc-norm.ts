import { defineMetric } from './metric.ts';

export const accNorm = defineMetric({
  id: 'acc_norm',
  title: 'Accuracy, length-normalised',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'acc_norm',
  per: null,
  scale: 'identity',
  definition:
    'Share of items whose right choice has the highest log-likelihood per character of the choice text, the first of equals (acc_norm of lm-evaluation-harness).',
});
