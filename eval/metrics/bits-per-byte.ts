import { defineMetric } from './metric.ts';

export const bitsPerByte = defineMetric({
  id: 'bits_per_byte',
  title: 'Bits per byte',
  unit: 'bits',
  higherIsBetter: false,
  sum: 'nll_nats',
  per: 'bytes',
  scale: 'bits',
  definition: 'Negative log-likelihood in bits per byte of the original UTF-8 text.',
});
