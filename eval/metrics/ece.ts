import { defineMetric } from './metric.ts';

export const ece = defineMetric({
  id: 'ece',
  title: 'Expected calibration error',
  unit: 'rate',
  higherIsBetter: false,
  confidence: 'confidence',
  right: 'acc',
  bins: 10,
  definition:
    'Mean distance between confidence and accuracy over ten bins of equal width, weighted by the items in them (Guo et al. 2017, arXiv:1706.04599). The confidence is the softmax, over the choices, of the log-likelihood of the chosen one; the standard error is that of the jackknife.',
});
