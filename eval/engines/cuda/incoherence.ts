/** Incoherent bases on the device. */
import { hessianMixings, type Incoherence, weightMixings } from '../../math/incoherence.ts';
import type { IncoherenceOperations } from '../../operations/incoherence.ts';
import type { DenseLinear, HessianHandle } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import { DeviceLinear } from './device-linear.ts';
import { weightsOf } from './device-weights.ts';
import { CudaHessian } from './hessians.ts';
import { BL } from './kernels.gen.ts';
import type { Address } from './kernels.ts';
import { Mixer } from './mixer.ts';
import type { DeviceHeap, Pool } from './pool.ts';

/** Hessians of the device, in memory of their heap. */
interface Hessians {
  readonly heap: DeviceHeap;
  hessianOf(sum: Address, K: number, factor: number): CudaHessian;
}

export class CudaIncoherence implements IncoherenceOperations {
  readonly #device: Device;
  readonly #pool: Pool<string>;
  readonly #hessians: Hessians;
  readonly #mixer: Mixer;

  constructor(device: Device, pool: Pool<string>, hessians: Hessians) {
    this.#device = device;
    this.#pool = pool;
    this.#hessians = hessians;
    this.#mixer = new Mixer(device, device);
  }

  async columnSquares(method: string, linear: DenseLinear): Promise<Float64Array> {
    const { N, K } = linear;
    const { w: x, dtype } = weightsOf(this.#device, this.#pool, method, linear);
    const sums = this.#pool.take('channel sums', 3 * K * 8);
    this.#device.kernels.fill({ to: sums, value: 0, bytes: 3 * K * 8 });
    this.#device.kernels.channelSums({ dtype, x, xStride: K, M: N, K, sums });
    return this.#device.download(sums, new Float64Array(3 * K)).slice(2 * K);
  }

  async turn(method: string, linear: DenseLinear, basis: Incoherence, added: number): Promise<DenseLinear> {
    const { name, N, K } = linear;
    const wide = this.#pool.take('visited', N * K * 8);
    const weights = weightsOf(this.#device, this.#pool, method, linear);
    this.#device.kernels.visit({ ...weights, order: 0, dead: 0, N, K, out: wide });
    const at = this.#pool.take('turned', N * K * 4);
    this.#mixer.mix(wide, [N, K], weightMixings(N, basis, false), { at, isFloat32: true, added });
    return new DeviceLinear(this.#device, { name, N, K }, { at, dtype: BL.F32 });
  }

  async turnHessian(hessian: HessianHandle, basis: Incoherence): Promise<HessianHandle> {
    if (!(hessian instanceof CudaHessian))
      throw new TypeError('[operations] the Hessian is not one of this device.');
    const { K, sum } = hessian;
    const at = this.#hessians.heap.alloc(K * K * 8);
    this.#mixer.mix(sum.at, [K, K], hessianMixings(basis), { at, isFloat32: false, added: 0 });
    return this.#hessians.hessianOf(at, K, sum.factor);
  }

  release(): void {
    this.#mixer.release();
  }
}
