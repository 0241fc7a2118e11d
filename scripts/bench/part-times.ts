/** What the time of compression is made of: watches steps that methods and the engine take by themselves. */
import type { CudaEngine } from '../../eval/engines/cuda/engine.ts';
import type { HessianHandle } from '../../eval/operations/operations.ts';
import { type CallTimes, watchCalls } from './call-times.ts';

/** Milliseconds, each part waited for: of the host clock, but for the sums over inputs. */
export interface BlockTimes {
  /** What is left of the block's time: its forward passes. */
  readonly forward: number;
  /** Gram matrices and sums of channels over all tokens, by events on the device. */
  readonly sums: number;
  /** Cholesky factors of the inverse Hessians. */
  readonly factor: number;
  /** Searches for factors that inputs are divided by. */
  readonly search: number;
  /** Weights rounded or removed, and packed. */
  readonly compress: number;
  /** Packed bytes on their way to the host. */
  readonly download: number;
  /** The compressed weights take their place on the device. */
  readonly replace: number;
}

export const BLOCK_PARTS = [
  { part: 'forward', title: 'forwards' },
  { part: 'sums', title: 'Hessians and sums of channels' },
  { part: 'factor', title: 'factors' },
  { part: 'search', title: 'search for scales' },
  { part: 'compress', title: 'rounding or selection, packing' },
  { part: 'download', title: 'packed bytes to the host' },
  { part: 'replace', title: 'compressed weights back in place' },
] as const;

export type BlockPart = (typeof BLOCK_PARTS)[number]['part'];

const NOTHING: BlockTimes = {
  forward: 0,
  sums: 0,
  factor: 0,
  search: 0,
  compress: 0,
  download: 0,
  replace: 0,
};

/** One block's times at a time; of what lies inside another step, that step's time is less. */
export class PartTimes {
  readonly #device: CudaEngine['device'];
  readonly #sums: CallTimes;
  readonly #downloadAsync: CudaEngine['device']['downloadAsync'];
  #times: { -readonly [part in BlockPart]: number } = { ...NOTHING };

  constructor(device: CudaEngine['device'], operations: CudaEngine['operations']) {
    this.#device = device;
    this.#sums = watchCalls(device, operations, ['addGram', 'addChannels']);
    const original = device.downloadAsync;
    this.#downloadAsync = original;
    device.downloadAsync = async (from, to) => {
      await device.kernels.synchronizeAsync();
      return this.during('download', () => original.call(device, from, to)) as Promise<typeof to>;
    };
  }

  /** Of a Hessian whose factor a method will ask for. */
  watchFactor(hessian: HessianHandle): void {
    const factor = hessian.factor;
    hessian.factor = (...given) => this.during('factor', () => factor.apply(hessian, given));
  }

  /** Until the device has done it; parts inside are not counted twice. */
  async during<T>(part: BlockPart, work: () => Promise<T>): Promise<T> {
    const others = this.#total;
    const started = performance.now();
    const result = await work();
    await this.#device.kernels.synchronizeAsync();
    this.#times[part] += performance.now() - started - (this.#total - others);
    return result;
  }

  /** The parts of a block that took so many milliseconds; what no other part took are its forwards. */
  take(milliseconds: number): BlockTimes {
    const sums = this.#sums.take();
    const times = { ...this.#times, sums, forward: milliseconds - sums - this.#total };
    this.#times = { ...NOTHING };
    return times;
  }

  /** Device and operations are as they were. */
  stop(): void {
    this.#sums.stop();
    this.#device.downloadAsync = this.#downloadAsync;
  }

  get #total(): number {
    return Object.values(this.#times).reduce((sum, own) => sum + own, 0);
  }
}
