import { defineMetric } from './metric.ts';

export const drop = defineMetric({
  id: 'drop',
  title: 'Drop',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'acc',
  per: 'acc_before',
  scale: 'one-minus',
  definition:
    '1 − accuracy after the attack ÷ accuracy before it (performance drop rate, Zhu et al. 2023, arXiv:2306.04528).',
});
