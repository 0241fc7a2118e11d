/** The column loop on the device, with what comes before and behind it. */
import type { ColumnRule } from '../../operations/operations.ts';
import { descendOnDevice } from './descent.ts';
import type { Device } from './device.ts';
import type { DeviceCodes, Shape } from './device-codes.ts';
import type { Weights } from './device-weights.ts';
import type { CudaFactor } from './hessians.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';
import { ERROR_COLUMNS, numbersOf } from './rule-numbers.ts';

export interface QueuedColumns {
  readonly device: Device;
  readonly pool: Pool<string>;
  readonly shape: Shape;
  readonly rule: ColumnRule;
  readonly weights: Weights;
  readonly factor: CudaFactor;
  readonly groupOfStep: Uint16Array;
  /** Where codes and grids go. */
  readonly made: DeviceCodes;
}

/** Queues it; returns the address of the losses of all rows, float64 `[N]`. */
export function queueColumns(given: QueuedColumns): Address {
  const { device, pool, rule, factor, made } = given;
  const { N, K } = given.shape;
  prepareGrids(given);
  const isMoved = factor.order.some((k, step) => k !== step);
  const order = isMoved ? factor.at.order : 0;
  const visit = (name: string) => {
    const out = pool.take(name, N * K * 8);
    device.kernels.visit({ ...given.weights, order, dead: factor.at.dead, N, K, out });
    return out;
  };
  const codes = isMoved ? pool.take('visited codes', N * K) : made.codes;
  const losses = pool.take('losses', N * 8);
  const loop = loopOf(given, codes, losses);
  loop(visit('visited'), factor.at.upper);
  if (rule.descent !== undefined) {
    const parts = { device, pool, N, K, factor, grids: made, codes, losses, loop };
    descendOnDevice({ ...parts, weights: visit('kept weights') }, rule.descent);
  }
  if (isMoved) device.kernels.restore({ codes, order, N, K, out: made.codes });
  return losses;
}

/** Those that are not fitted on the way. */
function prepareGrids({ device, pool, shape, rule, weights, factor, made }: QueuedColumns): void {
  const { N, K, G } = shape;
  const { scales, zeros } = made;
  if (rule.staticGroups) {
    const w = pool.take('visited', N * K * 8);
    device.kernels.visit({ ...weights, order: 0, dead: factor.at.dead, N, K, out: w });
    device.kernels.fitGrids({ w, N, K, G, ...numbersOf(rule), scales, zeros });
  }
  if (rule.fixed !== undefined) {
    device.upload(scales, new Float32Array((N * K) / G).fill(rule.fixed.scale));
    device.upload(zeros, new Int16Array((N * K) / G).fill(rule.fixed.zero));
  }
}

function loopOf(
  { device, pool, shape, rule, groupOfStep, made }: QueuedColumns,
  codes: Address,
  losses: Address,
) {
  const steps = Int32Array.from(groupOfStep);
  const stepsAt = pool.take('steps', steps.byteLength);
  device.upload(stepsAt, steps);
  const fit = Number(!rule.staticGroups && rule.fixed === undefined);
  const errors = pool.take('errors', shape.N * ERROR_COLUMNS * 8);
  return (w: Address, upper: Address) =>
    device.kernels.columnLoop({
      ...{ w, upper, ...shape, ...numbersOf(rule), groupOfStep: stepsAt, fit },
      ...{ codes, scales: made.scales, zeros: made.zeros, losses, errors },
    });
}
