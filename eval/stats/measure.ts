/** Computes metrics from item outcomes. */
import type { Metric as MetricRow } from '../../data/schema.ts';
import { type ItemTable, numbersOf } from '../items.ts';
import { isRatio, type Metric, type RatioMetric, type Scale } from '../metrics/metric.ts';
import { calibrationError } from './calibration-error.ts';
import { estimateRatio } from './ratio.ts';

/** Numerators and denominators (null: all 1) of a metric, float64 [items]. */
export interface Terms {
  readonly sum: Float64Array;
  readonly per: Float64Array | null;
}

export function termsOf(task: string, metric: RatioMetric, items: ItemTable): Terms {
  return {
    sum: numbersOf(task, items, metric.sum),
    per: metric.per === null ? null : numbersOf(task, items, metric.per),
  };
}

/** False where no item counts in the denominator, so that there is nothing to tell. */
export function isMeasurable(task: string, metric: Metric, items: ItemTable): boolean {
  if (!isRatio(metric) || metric.per === null) return true;
  return numbersOf(task, items, metric.per).some((value) => value !== 0);
}

/**
 * Value and standard error of a metric. On the scales `exp` and `bits` the error is carried over to first order (delta
 * method): exp(r) · error(r), error(r) / ln 2. For a fraction it is sample sd / √n, as in lm-evaluation-harness.
 */
export function measure(task: string, metric: Metric, items: ItemTable): MetricRow {
  const { value, stdError } = estimate(task, metric, items);
  return {
    metric: metric.id,
    unit: metric.unit,
    value,
    std_error: stdError,
    n: items.rows,
    paired: null,
  };
}

function estimate(task: string, metric: Metric, items: ItemTable) {
  if (!isRatio(metric)) {
    const confidences = numbersOf(task, items, metric.confidence);
    return calibrationError(confidences, numbersOf(task, items, metric.right), metric.bins);
  }
  const { sum, per } = termsOf(task, metric, items);
  const { ratio, stdError } = estimateRatio(sum, per);
  return {
    value: onScale(metric.scale, ratio),
    stdError: stdError === null ? null : stdError * slope(metric.scale, ratio),
  };
}

export function onScale(scale: Scale, ratio: number): number {
  if (scale === 'exp') return Math.exp(ratio);
  if (scale === 'one-minus') return 1 - ratio;
  return scale === 'bits' ? ratio / Math.LN2 : ratio;
}

/** Without its sign. */
function slope(scale: Scale, ratio: number): number {
  if (scale === 'exp') return Math.exp(ratio);
  return scale === 'bits' ? 1 / Math.LN2 : 1;
}
