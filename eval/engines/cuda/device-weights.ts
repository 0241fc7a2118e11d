/** The weights of a linear as kernels read them, and what their sums of errors say. */
import { methodErrors } from '../../errors/method.ts';
import type { DenseLinear } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { DeviceLinear, type DeviceMatrix } from './device-linear.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import type { Pool } from './pool.ts';

export interface Weights extends Pick<DeviceMatrix, 'dtype'> {
  readonly w: Address;
}

/** Where a linear lies in device memory: at its own place, or uploaded into the pool. Throws `method/shape`. */
export function weightsOf(device: Device, pool: Pool<string>, method: string, linear: DenseLinear): Weights {
  if (linear instanceof DeviceLinear) return { w: linear.matrix.at, dtype: linear.matrix.dtype };
  const { weight, name, N, K } = linear;
  if (weight.length !== N * K) throw methodErrors.shape(method, name, N, K, weight.length);
  const w = pool.take('weights', weight.byteLength);
  device.upload(w, weight);
  return { w, dtype: BL.F32 };
}

/** A plain loop: `every` with a callback takes as long as the kernels. */
export function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/** The same of the bits of values in half precision. */
export function areFiniteHalves(bits: Uint16Array): boolean {
  for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7c00) === 0x7c00) return false;
  return true;
}

/** The sum of one number a row, float64 `[N]`. */
export function sumOfRows(device: Device, at: Address, N: number): number {
  return device.download(at, new Float64Array(N)).reduce((sum, value) => sum + value, 0);
}

/** @param at  Σ(w − ŵ)² and Σw² of each row, float64 `[N, 2]` */
export function relativeErrorOf(device: Device, at: Address, N: number): number {
  const sums = device.download(at, new Float64Array(2 * N));
  let error = 0;
  let square = 0;
  for (let n = 0; n < sums.length; n += 2) {
    error += sums[n];
    square += sums[n + 1];
  }
  return square === 0 ? 0 : error / square;
}
