import { defineMetric } from './metric.ts';

export const accBefore = defineMetric({
  id: 'acc_before',
  title: 'Accuracy before the slips',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'acc_before',
  per: null,
  scale: 'identity',
  definition: 'Share of items answered right as they are asked without slips of the keyboard.',
});
