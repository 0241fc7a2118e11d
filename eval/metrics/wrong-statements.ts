import { defineMetric } from './metric.ts';

export const wrongStatements = defineMetric({
  id: 'wrong_statements',
  title: 'Wrong statements',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'wrong_share',
  per: null,
  scale: 'identity',
  definition:
    'Mean over items of the share of the statements of a summary that the story does not make; 0 where there is no statement.',
});
