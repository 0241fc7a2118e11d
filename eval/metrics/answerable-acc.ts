import { defineMetric } from './metric.ts';

export const answerableAcc = defineMetric({
  id: 'answerable_acc',
  title: 'Accuracy where an answer is due',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'acc',
  per: 'answerable',
  scale: 'identity',
  definition: 'Share of items answered right among those that are not to be refused; a refusal is not right.',
});
