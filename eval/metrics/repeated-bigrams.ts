import { defineMetric } from './metric.ts';

export const repeatedBigrams = defineMetric({
  id: 'repeated_bigrams',
  title: 'Repeated word pairs',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'repeated_bigrams',
  per: null,
  scale: 'identity',
  definition:
    'Mean over items of 1 − distinct-2: the share of written word pairs that stood before in the same text (Li et al. 2016, arXiv:1510.03055).',
});
