/** A weight matrix that is in device memory. */
import type { DenseLinear } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';

export interface DeviceMatrix {
  readonly at: Address;
  /** bl_dtype; rows are contiguous. */
  readonly dtype: number;
}

/** Every value of a matrix `[N, K]` in the type of `to`, rounded to nearest; queued. */
export function convert(
  { kernels }: Pick<Device, 'kernels'>,
  { N, K }: { readonly N: number; readonly K: number },
  from: DeviceMatrix,
  to: DeviceMatrix,
): void {
  kernels.move({
    ...{ xDtype: from.dtype, x: from.at, xOuter: K, xInner: 0 },
    ...{ outDtype: to.dtype, out: to.at, outOuter: K, outInner: 0 },
    ...{ outer: N, inner: 1, width: K },
  });
}

export class DeviceLinear implements DenseLinear {
  readonly name: string;
  readonly N: number;
  readonly K: number;
  readonly matrix: DeviceMatrix;
  readonly #device: Device;

  constructor(
    device: Device,
    { name, N, K }: { readonly name: string; readonly N: number; readonly K: number },
    matrix: DeviceMatrix,
  ) {
    this.#device = device;
    this.name = name;
    this.N = N;
    this.K = K;
    this.matrix = matrix;
  }

  /** A copy, made anew whenever it is read. */
  get weight(): Float32Array {
    const { at, dtype } = this.matrix;
    const count = this.N * this.K;
    if (dtype === BL.F32) return this.#device.download(at, new Float32Array(count));
    const bits = this.#device.download(at, new Uint16Array(count));
    if (dtype === BL.F16) return new Float32Array(new Float16Array(bits.buffer));
    return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
  }
}
