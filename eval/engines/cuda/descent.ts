/** Passes of coordinate descent over codes on the device: each is a column loop of its own. */
import type { ColumnRule } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { type CudaFactor, CudaHessian } from './hessians.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

export interface DescentParts {
  readonly device: Device;
  readonly pool: Pool<string>;
  readonly N: number;
  readonly K: number;
  readonly factor: CudaFactor;
  /** With one group a row, and a grid that is fixed. */
  readonly grids: { readonly scales: Address; readonly zeros: Address };
  /** W, float64 `[N, K]` in visiting order. */
  readonly weights: Address;
  /** Uint8 `[N, K]` in visiting order; replaced by better ones. */
  readonly codes: Address;
  /** (ŵ − w)·H·(ŵ − w)ᵀ of each row go here, float64 `[N]`. */
  readonly losses: Address;
  /** The column loop that made them, of other weights and another triangle. */
  readonly loop: (w: Address, upper: Address) => void;
}

/**
 * As eval/math/column-descent.ts, but that rows for which a pass changed nothing go on to the next pass, which changes nothing
 * either. Queued, behind a wait.
 */
export function descendOnDevice(
  { device, pool, N, K, factor, ...given }: DescentParts,
  { hessian, passes }: NonNullable<ColumnRule['descent']>,
): void {
  if (!(hessian instanceof CudaHessian))
    throw new TypeError('[operations] the Hessian is not one of this device.');
  const [arranged, inverse] = ['scratch', 'inverse'].map((name) => pool.take(name, K * K * 8));
  device.kernels.descentStart({
    ...{ hessian: hessian.sum.at, K, factor: hessian.sum.factor, added: factor.added },
    ...{ order: factor.at.order, dead: factor.at.dead, arranged, inverse },
  });
  const [errors, slopes, next] = ['errors of weights', 'slopes', 'visited'].map((name) =>
    pool.take(name, N * K * 8),
  );
  const step = (to: Address) =>
    device.kernels.descentStep({
      ...{ w: given.weights, codes: given.codes, scales: given.grids.scales, zeros: given.grids.zeros },
      ...{ arranged, inverse, N, K },
      ...{ errors, slopes, next: to, losses: given.losses },
    });
  for (let pass = 0; pass < passes; pass++) {
    step(next);
    given.loop(next, inverse);
  }
  step(0);
}
