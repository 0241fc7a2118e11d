/** The heavy steps of methods that divide inputs by factors before they round. */
import type { DenseLinear } from './operations.ts';

/** Of the columns and rows of a matrix. */
export interface ScaleFactors {
  readonly columns: Float64Array | null;
  readonly rows: Float64Array | null;
}

export interface RescalingOperations {
  /**
   * w·columns[k]·rows[n] in float64, rounded to float32. On a device the result lasts until the next call.
   * @param factors  float64 `[K]` and `[N]`; null leaves them
   */
  scale(linear: DenseLinear, factors: ScaleFactors): Promise<DenseLinear>;
  /** max over rows of |w|, float64 `[K]`. */
  columnMaxima(linear: DenseLinear): Promise<Float64Array>;
}
