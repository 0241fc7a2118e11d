/**
 * Uploads of a batch that go beside the work that is queued already: what is not needed before the end of it, and states
 * of the model that this one is compared with.
 */
import type { Device } from './device.ts';
import type { GrowingRange } from './memory.ts';

export class Uploads {
  readonly #device: Device;
  readonly #range: GrowingRange;
  readonly #copies: Device['kernels'];
  readonly #done: number;

  constructor(device: Device, range: GrowingRange) {
    this.#device = device;
    this.#range = range;
    this.#copies = device.kernels.on(device.createStream());
    this.#done = device.createEvent();
  }

  /** Makes room, before work is queued that making room would wait for. Returns the device address. */
  reserve(bytes: number): number {
    return this.#range.atLeast(Math.max(1, bytes));
  }

  /** Copies pieces one behind the other to `at` and makes what is queued from now on wait for them. */
  upload(at: number, pieces: readonly (Float32Array | Int32Array)[]): void {
    let to = at;
    for (const from of pieces) {
      this.#copies.upload({ to, from, bytes: from.byteLength });
      to += from.byteLength;
    }
    this.#copies.eventRecord({ event: this.#done });
    this.#device.kernels.eventWait({ event: this.#done });
  }

  close(): void {
    this.#device.kernels.eventDestroy({ event: this.#done });
    this.#copies.streamDestroy({});
  }
}

/** All arrays in one, each beginning at a multiple of four, and where they begin. */
export function joined(arrays: readonly Int32Array[]): {
  readonly data: Int32Array;
  readonly starts: readonly number[];
} {
  const starts: number[] = [];
  let size = 0;
  for (const { length } of arrays) {
    starts.push(size);
    size += Math.ceil(length / 4) * 4;
  }
  const data = new Int32Array(Math.max(4, size));
  for (const [i, array] of arrays.entries()) data.set(array, starts[i]!);
  return { data, starts };
}
