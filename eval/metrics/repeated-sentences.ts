import { defineMetric } from './metric.ts';

export const repeatedSentences = defineMetric({
  id: 'repeated_sentences',
  title: 'Repeated sentences',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'repeated_sentences',
  per: null,
  scale: 'identity',
  definition: 'Mean over items of the share of written sentences that stood before in the same text.',
});
