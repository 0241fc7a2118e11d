import { defineMetric } from './metric.ts';

export const klNats = defineMetric({
  id: 'kl_nats',
  title: 'KL divergence from 16 bit',
  unit: 'nats',
  higherIsBetter: false,
  sum: 'kl_nats',
  per: 'tokens',
  scale: 'identity',
  definition:
    'Mean over the predicted tokens of Σ p (ln p − ln q) over the vocabulary: p are the next-token probabilities of the 16-bit model, q those of the compressed one.',
});
