import { defineMetric } from './metric.ts';

export const factsKept = defineMetric({
  id: 'facts_kept',
  title: 'Facts kept',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'facts_kept',
  per: 'facts',
  scale: 'identity',
  definition: 'Share of the facts of the story that the summary states.',
});
