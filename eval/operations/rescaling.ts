/** The heavy steps of methods that divide inputs by factors before they round. */
import type { PackedLinear } from '../formats/format.ts';
import type { DenseLinear, GridRule, HessianHandle } from './operations.ts';

/** Of the columns and rows of a matrix. */
export interface ScaleFactors {
  readonly columns: Float64Array | null;
  readonly rows: Float64Array | null;
}

/** 1, 0.95 … 0.55. Source: Lin et al. 2023, arXiv:2306.00978, reference code: 20 steps, down to one half exclusive. */
export const CLIP_SHARES: readonly number[] = Array.from({ length: 10 }, (_, i) => 1 - i / 20);

export interface RescalingOperations {
  /**
   * w·columns[k]·rows[n] in float64, rounded to float32. On a device the result lasts until the next call.
   * @param factors  float64 `[K]` and `[N]`; null leaves them
   */
  scale(linear: DenseLinear, factors: ScaleFactors): Promise<DenseLinear>;
  /** max over rows of |w|, float64 `[K]`. */
  columnMaxima(linear: DenseLinear): Promise<Float64Array>;
  /**
   * What rounding would cost with the columns multiplied by each of several factors: Σ over rows of Δ·H·Δᵀ for
   * Δ = ŵ / s − w, where ŵ is w·s on the grids of its groups.
   * @param candidates  float64 `[K]` each
   * @returns           one error a candidate; NaN where H is not finite
   * @throws as roundToNearest
   */
  outputErrors(
    method: string,
    linear: DenseLinear,
    rule: GridRule,
    hessian: HessianHandle,
    candidates: readonly Float64Array[],
  ): Promise<Float64Array>;
  /**
   * Round to nearest behind a clamp of each group to ± a share of its largest absolute weight: of CLIP_SHARES the one with
   * the least δ·H·δᵀ over the columns of the group, the largest of equals.
   * @throws as roundToNearest
   */
  roundClipped(
    method: string,
    linear: DenseLinear,
    rule: GridRule,
    hessian: HessianHandle,
  ): Promise<PackedLinear>;
}
