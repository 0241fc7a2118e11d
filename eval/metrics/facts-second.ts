import { defineMetric } from './metric.ts';

export const factsSecond = defineMetric({
  id: 'facts_second',
  title: 'Facts of the second turn',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'second_right',
  per: 'second_facts',
  scale: 'identity',
  definition: 'Share of the sentences with a fact that are due in the second answer and stand in it.',
});
