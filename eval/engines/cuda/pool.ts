/** Named buffers in device memory that are used again from call to call and grow with what is asked of them. */
import type { Address } from './kernels.ts';

/** Where device memory comes from. */
export interface DeviceHeap {
  /** Throws where there is not enough. */
  alloc(bytes: number): Address;
  free(address: Address): void;
}

export class Pool<Name extends string> {
  readonly #heap: DeviceHeap;
  readonly #buffers = new Map<Name, { readonly at: Address; readonly bytes: number }>();

  constructor(heap: DeviceHeap) {
    this.#heap = heap;
  }

  /** At least `bytes` bytes, valid until the same name is asked for again; what they hold is arbitrary. */
  take(name: Name, bytes: number): Address {
    const found = this.#buffers.get(name);
    if (found !== undefined && found.bytes >= bytes) return found.at;
    this.#buffers.delete(name);
    if (found !== undefined) this.#heap.free(found.at);
    const at = this.#heap.alloc(Math.max(1, bytes));
    this.#buffers.set(name, { at, bytes });
    return at;
  }

  release(): void {
    for (const { at } of this.#buffers.values()) this.#heap.free(at);
    this.#buffers.clear();
  }
}
