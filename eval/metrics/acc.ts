import { defineMetric } from './metric.ts';

export const acc = defineMetric({
  id: 'acc',
  title: 'Accuracy',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'acc',
  per: null,
  scale: 'identity',
  definition:
    'Share of items answered right. Multiple choice: the choice with the highest log-likelihood, the first of equals.',
});
