import { defineMetric } from './metric.ts';

export const top1Agreement = defineMetric({
  id: 'top1_agreement',
  title: 'Same first choice as 16 bit',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'top1_same',
  per: 'tokens',
  scale: 'identity',
  definition: 'Share of the predicted tokens for which the 16-bit model finds the same token most probable.',
});
