/**
 * *Kept*: the share of a model's own 16-bit score that is left after compression, comparable over tasks.
 * Fractions with chance c: (score − c) / (baseline − c). Perplexities: baseline / score.
 */
import type { Metric } from '../metrics/metric.ts';
import { onScale } from './measure.ts';

/** Whether *kept* is defined for a metric at all. */
export function hasKept({ unit }: Metric): boolean {
  return unit === 'fraction' || unit === 'perplexity';
}

/**
 * @param chance   of a guess; null counts as 0
 * @param ratio    Σ numerators / Σ denominators of the compressed model
 * @param baseline the same of the 16-bit model
 * @returns        Infinity where a fraction's baseline is not above chance, so that nothing could be lost
 */
export function keptShare(metric: Metric, chance: number | null, ratio: number, baseline: number): number {
  if (metric.unit === 'perplexity') return onScale(metric.scale, baseline - ratio);
  const guessed = chance ?? 0;
  return baseline > guessed ? (ratio - guessed) / (baseline - guessed) : Number.POSITIVE_INFINITY;
}
