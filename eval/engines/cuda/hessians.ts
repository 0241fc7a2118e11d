/** Hessians in device memory, and the factors of their inverses. */
import { BitlossError } from '../../../data/errors.ts';
import { DAMPING_RETRIES, Hessian, type HessianFactor, largerDamping } from '../../math/hessian.ts';
import type { FactorHandle, HessianHandle } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import type { Address } from './kernels.ts';
import type { DeviceHeap, Pool } from './pool.ts';

export class CudaFactor implements FactorHandle {
  readonly state: FactorHandle['state'];
  readonly dead: number;
  readonly damping: number;
  /** What that put on the diagonal of H. */
  readonly added: number;
  /** The original column visited at each step. */
  readonly order: Int32Array;
  /** In device memory, until the Hessian is released or factorized anew: float64 `[K, K]`, int32 and uint8 `[K]`. */
  readonly at: { readonly upper: Address; readonly order: Address; readonly dead: Address };

  readonly #device: Device;

  constructor(
    device: Device,
    summary: Pick<CudaFactor, 'state' | 'dead' | 'damping' | 'added'>,
    order: Int32Array,
    at: CudaFactor['at'],
  ) {
    this.#device = device;
    this.state = summary.state;
    this.dead = summary.dead;
    this.damping = summary.damping;
    this.added = summary.added;
    this.order = order;
    this.at = at;
  }

  async toHost(): Promise<HessianFactor> {
    const K = this.order.length;
    const marks = this.#device.download(this.at.dead, new Uint8Array(K));
    const upper =
      this.state === 'found'
        ? await this.#device.downloadAsync(this.at.upper, new Float64Array(K * K))
        : null;
    return {
      order: Uint32Array.from(this.order),
      dead: [...marks.keys()].filter((k) => marks[k] === 1),
      upper,
      damping: this.damping,
    };
  }
}

export interface HessianParts {
  readonly device: Device;
  readonly heap: DeviceHeap;
  /** For the matrix that a factorization works in. */
  readonly pool: Pool<string>;
  /** Float64 `[K, K]` in memory of the heap, which the handle owns from now on. */
  readonly sum: Address;
  readonly K: number;
  /** H is this factor times the sum. */
  readonly factor: number;
}

export function isFound(factor: FactorHandle): factor is CudaFactor {
  return factor instanceof CudaFactor && factor.state === 'found';
}

export class CudaHessian implements HessianHandle {
  readonly K: number;
  readonly #parts: HessianParts;
  #owned: Address[];
  #places: CudaFactor['at'] | null = null;
  #last: { readonly key: string; readonly factor: CudaFactor } | null = null;
  #rotated: { readonly seed: number; readonly hessian: CudaHessian } | null = null;

  constructor(parts: HessianParts) {
    this.K = parts.K;
    this.#parts = parts;
    this.#owned = [parts.sum];
  }

  async factor(damping: number, actOrder: boolean): Promise<CudaFactor> {
    const key = `${damping} ${actOrder}`;
    if (this.#last?.key !== key) this.#last = { key, factor: this.#factorize(damping, actOrder) };
    return this.#last.factor;
  }

  async rotated(seed: number): Promise<CudaHessian> {
    if (this.#rotated?.seed !== seed) {
      this.#rotated?.hessian.release();
      const hessian = await this.copy();
      this.#parts.device.kernels.rotateHessian({ hessian: hessian.sum.at, K: this.K, seed });
      this.#rotated = { seed, hessian };
    }
    return this.#rotated.hessian;
  }

  async diagonal(): Promise<Float64Array> {
    const { device, pool, sum, factor } = this.#parts;
    const out = pool.take('diagonal', this.K * 8);
    device.kernels.diagonal({ x: sum, K: this.K, out });
    return device.download(out, new Float64Array(this.K)).map((value) => value * factor);
  }

  async toHost(): Promise<Hessian> {
    const { device, sum, factor } = this.#parts;
    const values = await device.downloadAsync(sum, new Float64Array(this.K ** 2));
    for (let i = 0; i < values.length; i++) values[i] *= factor;
    return new Hessian(values, this.K);
  }

  async divide(factors: Float64Array): Promise<void> {
    const { device, pool, sum: hessian } = this.#parts;
    const at = pool.take('factors', factors.byteLength);
    device.upload(
      at,
      factors.map((factor) => 1 / factor),
    );
    device.kernels.scaleHessian({ hessian, factors: at, K: this.K });
    this.#rotated?.hessian.release();
    this.#rotated = null;
    this.#last = null;
  }

  async copy(): Promise<CudaHessian> {
    const { device, heap, sum: from } = this.#parts;
    const bytes = this.K ** 2 * Float64Array.BYTES_PER_ELEMENT;
    const sum = heap.alloc(bytes);
    device.kernels.copy({ to: sum, from, bytes });
    return new CudaHessian({ ...this.#parts, sum });
  }

  /** Float64 `[K, K]` in device memory; H is `factor` times it. */
  get sum(): { readonly at: Address; readonly factor: number } {
    return { at: this.#parts.sum, factor: this.#parts.factor };
  }

  release(): void {
    for (const address of this.#owned) this.#parts.heap.free(address);
    this.#owned = [];
    this.#places = null;
    this.#last = null;
    this.#rotated?.hessian.release();
    this.#rotated = null;
  }

  #factorize(damping: number, actOrder: boolean): CudaFactor {
    const { device } = this.#parts;
    const at = (this.#places ??= this.#allocate());
    const summary = this.#tryDampings(at, damping, actOrder);
    const order = device.download(at.order, new Int32Array(this.K));
    const dead = device.download(at.dead, new Uint8Array(this.K)).reduce((sum, mark) => sum + mark, 0);
    const state = dead === this.K ? 'empty' : summary.state;
    return new CudaFactor(device, { ...summary, state, dead }, order, at);
  }

  /** The ladder of `Hessian.factor`: ten times the damping, a few times. */
  #tryDampings(
    at: CudaFactor['at'],
    damping: number,
    actOrder: boolean,
  ): Pick<CudaFactor, 'state' | 'damping' | 'added'> {
    const { device, pool, sum: hessian, factor } = this.#parts;
    const { K } = this;
    const mean = new Float64Array(1);
    const scratch = pool.take('scratch', K * K * 8);
    let tried = damping;
    for (let attempt = 0; ; attempt++) {
      try {
        device.kernels.factor({
          ...{ hessian, K, factor, damping: tried, actOrder: Number(actOrder) },
          ...{ ...at, scratch, mean },
        });
        return { state: 'found', damping: tried, added: tried * mean[0] };
      } catch (error) {
        if (!(error instanceof BitlossError && error.code === 'kernels/not-positive')) throw error;
      }
      if (!Number.isFinite(mean[0])) return { state: 'none', damping, added: 0 };
      if (attempt === DAMPING_RETRIES) return { state: 'none', damping: tried, added: 0 };
      tried = largerDamping(tried);
    }
  }

  #allocate(): CudaFactor['at'] {
    const { heap } = this.#parts;
    const { K } = this;
    const take = (bytes: number) => {
      const address = heap.alloc(bytes);
      this.#owned.push(address);
      return address;
    };
    return { upper: take(K * K * 8), order: take(K * 4), dead: take(K) };
  }
}
