import { defineMetric } from './metric.ts';

export const exactMatch = defineMetric({
  id: 'exact_match',
  title: 'Exact match',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'exact_match',
  per: null,
  scale: 'identity',
  definition:
    'Share of items whose generated text equals the answer once white space at both ends is dropped.',
});
