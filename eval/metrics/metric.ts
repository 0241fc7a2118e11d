/**
 * What a metric is: nearly always a ratio of two sums over the items of a task, and a scale on which that ratio is told.
 * Means, perplexities and bits per byte are all of this form, so their standard errors and paired intervals share one
 * code.
 */
interface MetricWords {
  /** Permanent, a column name: the file stem with `_` for `-`. */
  readonly id: string;
  readonly title: string;
  /** `rate`: how much there is of something unwanted; lower is better, and *kept* is never made of it. */
  readonly unit: 'fraction' | 'perplexity' | 'bits' | 'nats' | 'score' | 'rate';
  readonly higherIsBetter: boolean;
  readonly definition: string;
}

export interface RatioMetric extends MetricWords {
  /** Item column whose sum is the numerator; true counts as 1. */
  readonly sum: string;
  /** Item column whose sum is the denominator; null counts the items. */
  readonly per: string | null;
  readonly scale: Scale;
}

/** `exp`: e to the ratio. `bits`: nats to bits. `one-minus`: 1 − the ratio. */
export type Scale = 'identity' | 'exp' | 'bits' | 'one-minus';

/** Items are put into bins of equal width by a confidence, 0…1, and in each bin it is compared with what came true. */
export interface CalibrationMetric extends MetricWords {
  /** Item column of the confidence in what was chosen. */
  readonly confidence: string;
  /** Item column of whether it was right. */
  readonly right: string;
  readonly bins: number;
}

export type Metric = RatioMetric | CalibrationMetric;

export const isRatio = (metric: Metric): metric is RatioMetric => 'sum' in metric;

/** Item columns that a metric reads. */
export function columnsOf(metric: Metric): readonly string[] {
  if (!isRatio(metric)) return [metric.confidence, metric.right];
  return metric.per === null ? [metric.sum] : [metric.sum, metric.per];
}

export function defineMetric<M extends Metric>(metric: M): M {
  return metric;
}
