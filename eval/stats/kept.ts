/**
 * *Kept*: the share of a model's own 16-bit score that is left after compression, comparable over tasks.
 * Fractions with chance c: (score − c) / (baseline − c). Perplexities: baseline / score.
 */
import type { RatioMetric } from '../metrics/metric.ts';
import { onScale, type Terms } from './measure.ts';
import { estimateRatio } from './ratio.ts';

/**
 * Whether *kept* says anything: not for other units, and not where a fraction's baseline is within two standard errors
 * of chance.
 * @param before numerators and denominators of the 16-bit model
 */
export function hasSomethingToLose({ unit }: RatioMetric, chance: number | null, before: Terms): boolean {
  if (unit !== 'fraction') return unit === 'perplexity';
  const { ratio, stdError } = estimateRatio(before.sum, before.per);
  return ratio - (chance ?? 0) > 2 * (stdError ?? 0);
}

/**
 * @param chance   of a guess; null counts as 0
 * @param ratio    Σ numerators / Σ denominators of the compressed model
 * @param baseline the same of the 16-bit model
 * @returns        Infinity where a fraction's baseline is not above chance, so that nothing could be lost
 */
export function keptShare(
  metric: RatioMetric,
  chance: number | null,
  ratio: number,
  baseline: number,
): number {
  if (metric.unit === 'perplexity') return onScale(metric.scale, baseline - ratio);
  const guessed = chance ?? 0;
  return baseline > guessed ? (ratio - guessed) / (baseline - guessed) : Number.POSITIVE_INFINITY;
}
