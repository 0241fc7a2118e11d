import { defineMetric } from './metric.ts';

export const factsFirst = defineMetric({
  id: 'facts_first',
  title: 'Facts of the first turn',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'first_right',
  per: 'first_facts',
  scale: 'identity',
  definition: 'Share of the sentences with a fact that are due in the first answer and stand in it.',
});
