/** What calibration notes of the inputs of one or more linears, summed in device memory. */
import type { ObservedInputs, Wanted } from '../../operations/operations.ts';
import type { Device } from './device.ts';
import type { Address } from './kernels.ts';
import type { Matrix } from './matrix.ts';
import type { CudaOperations } from './operations.ts';

const DOUBLE = Float64Array.BYTES_PER_ELEMENT;

/** Memory of the operations' heap: K² doubles for a Hessian, 3·K for channels. */
export class InputSums {
  readonly #device: Device;
  readonly #operations: CudaOperations;
  readonly #K: number;
  readonly #hessian: Address | null;
  readonly #channels: Address | null;
  #tokens = 0;
  #isSeen = false;

  constructor(device: Device, operations: CudaOperations, K: number, wanted: Wanted) {
    this.#device = device;
    this.#operations = operations;
    this.#K = K;
    this.#hessian = wanted.hessian ? this.#zeros(K * K) : null;
    this.#channels = wanted.channels ? this.#zeros(3 * K) : null;
  }

  /** Whether the block reported the input at all. */
  get isSeen(): boolean {
    return this.#isSeen;
  }

  /** M rows of K values, queued; none where no token went to an expert. */
  add(x: Matrix, M: number): void {
    this.#isSeen = true;
    if (M === 0) return;
    this.#tokens += M;
    if (this.#hessian !== null) this.#operations.addGram(this.#hessian, x, M, this.#K);
    if (this.#channels !== null) this.#operations.addChannels(this.#channels, x, M, this.#K);
  }

  /** Once; the caller releases the Hessian. */
  finish(sequences: number): ObservedInputs {
    return {
      hessian:
        this.#hessian === null ? null : this.#operations.hessianOf(this.#hessian, this.#K, 2 / sequences),
      channels: this.#channels === null ? null : this.#readChannels(this.#channels),
    };
  }

  /** Gives its memory back where nobody will ask for the sums. */
  release(): void {
    const { heap } = this.#operations;
    for (const at of [this.#hessian, this.#channels]) if (at !== null) heap.free(at);
  }

  #readChannels(at: Address) {
    const sums = this.#device.download(at, new Float64Array(3 * this.#K));
    this.#operations.heap.free(at);
    const [K, tokens] = [this.#K, this.#tokens];
    const share = tokens === 0 ? 0 : 1 / tokens;
    return {
      ...{ K, tokens },
      meanAbs: sums.slice(0, K).map((sum) => sum * share),
      maxAbs: sums.slice(K, 2 * K),
      meanSquare: sums.slice(2 * K).map((sum) => sum * share),
    };
  }

  #zeros(length: number): Address {
    const bytes = length * DOUBLE;
    const at = this.#operations.heap.alloc(bytes);
    this.#device.kernels.fill({ to: at, value: 0, bytes });
    return at;
  }
}
