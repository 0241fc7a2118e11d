/**
 * What a metric is: a ratio of two sums over the items of a task, and a scale on which that ratio is told. Means,
 * perplexities and bits per byte are all of this form, so their standard errors and paired intervals share one code.
 */
export interface Metric {
  /** Permanent, a column name: the file stem with `_` for `-`. */
  readonly id: string;
  readonly title: string;
  readonly unit: 'fraction' | 'perplexity' | 'bits' | 'nats' | 'score';
  readonly higherIsBetter: boolean;
  /** Item column whose sum is the numerator; true counts as 1. */
  readonly sum: string;
  /** Item column whose sum is the denominator; null counts the items. */
  readonly per: string | null;
  readonly scale: Scale;
  readonly definition: string;
}

/** `exp`: e to the ratio. `bits`: nats to bits. */
export type Scale = 'identity' | 'exp' | 'bits';

export function defineMetric(metric: Metric): Metric {
  return metric;
}
