/** Computes metrics from item outcomes. */
import type { Metric as MetricRow } from '../../data/schema.ts';
import { type ItemTable, numbersOf } from '../items.ts';
import type { Metric, Scale } from '../metrics/metric.ts';
import { estimateRatio } from './ratio.ts';

/** Numerators and denominators (null: all 1) of a metric, float64 [items]. */
export interface Terms {
  readonly sum: Float64Array;
  readonly per: Float64Array | null;
}

export function termsOf(task: string, metric: Metric, items: ItemTable): Terms {
  return {
    sum: numbersOf(task, items, metric.sum),
    per: metric.per === null ? null : numbersOf(task, items, metric.per),
  };
}

/**
 * Value and standard error of a metric. On the scales `exp` and `bits` the error is carried over to first order (delta
 * method): exp(r) · error(r), error(r) / ln 2. For a fraction it is sample sd / √n, as in lm-evaluation-harness.
 */
export function measure(task: string, metric: Metric, items: ItemTable): MetricRow {
  const { sum, per } = termsOf(task, metric, items);
  const { ratio, stdError } = estimateRatio(sum, per);
  return {
    metric: metric.id,
    unit: metric.unit,
    value: onScale(metric.scale, ratio),
    std_error: stdError === null ? null : stdError * slope(metric.scale, ratio),
    n: items.rows,
    paired: null,
  };
}

export function onScale(scale: Scale, ratio: number): number {
  if (scale === 'exp') return Math.exp(ratio);
  return scale === 'bits' ? ratio / Math.LN2 : ratio;
}

function slope(scale: Scale, ratio: number): number {
  if (scale === 'exp') return Math.exp(ratio);
  return scale === 'bits' ? 1 / Math.LN2 : 1;
}
