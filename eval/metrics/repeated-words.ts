import { defineMetric } from './metric.ts';

export const repeatedWords = defineMetric({
  id: 'repeated_words',
  title: 'Repeated words',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'repeated_words',
  per: null,
  scale: 'identity',
  definition: 'Mean over items of the share of written words that equal the word before them.',
});
