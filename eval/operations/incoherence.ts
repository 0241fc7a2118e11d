/** What rounding in an incoherent basis needs (eval/math/incoherence.ts), done where the engine computes. */
import type { Incoherence } from '../math/incoherence.ts';
import type { DenseLinear, HessianHandle } from './operations.ts';

export interface IncoherenceOperations {
  /** (Wᵀ·W)_jj, float64 `[K]`; not finite where a weight is not. Throws `method/shape`. */
  columnSquares(method: string, linear: DenseLinear): Promise<Float64Array>;
  /** W' with a number added to every weight. Valid until the next call of this function. Throws `method/shape`. */
  turn(method: string, linear: DenseLinear, basis: Incoherence, added: number): Promise<DenseLinear>;
  /** H', which the caller releases. @param hessian  by a handle of the same operations */
  turnHessian(hessian: HessianHandle, basis: Incoherence): Promise<HessianHandle>;
}
