import { defineMetric } from './metric.ts';

export const brier = defineMetric({
  id: 'brier',
  title: 'Brier score',
  unit: 'rate',
  higherIsBetter: false,
  sum: 'brier',
  per: null,
  scale: 'identity',
  definition:
    'Mean over items of the sum over choices of (probability − 1 if right, 0 if wrong)² (Brier 1950), the probabilities being the softmax of the log-likelihoods of the choices; 0 to 2.',
});
