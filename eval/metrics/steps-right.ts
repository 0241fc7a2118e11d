import { defineMetric } from './metric.ts';

export const stepsRight = defineMetric({
  id: 'steps_right',
  title: 'Steps right',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'steps_right',
  per: 'steps',
  scale: 'identity',
  definition: 'Share of the steps of the right solution that stand at their place in what was written.',
});
