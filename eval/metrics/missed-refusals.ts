import { defineMetric } from './metric.ts';

export const missedRefusals = defineMetric({
  id: 'missed_refusals',
  title: 'Refusals missed',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'missed_refusal',
  per: 'to_refuse',
  scale: 'identity',
  definition: 'Share of items not refused among those that are to be refused.',
});
