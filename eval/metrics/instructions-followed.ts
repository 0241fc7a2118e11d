import { defineMetric } from './metric.ts';

export const instructionsFollowed = defineMetric({
  id: 'instructions_followed',
  title: 'Instructions followed',
  unit: 'fraction',
  higherIsBetter: true,
  sum: 'followed',
  per: null,
  scale: 'identity',
  definition:
    'Share of instructions to which the response does exactly what was told, as a program verifies it (strict accuracy of IFEval, Zhou et al. 2023, arXiv:2311.07911).',
});
