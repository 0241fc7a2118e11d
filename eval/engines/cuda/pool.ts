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

  readonly #takes = new Map<Name, number>();

  constructor(heap: DeviceHeap) {
    this.#heap = heap;
  }

  /** Tells whether what buffers hold now is still theirs: nobody asked for one of these names since. */
  watch(names: readonly Name[]): () => boolean {
    const takes = names.map((name) => this.#takes.get(name));
    return () => names.every((name, i) => this.#buffers.has(name) && this.#takes.get(name) === takes[i]);
  }

  /** At least `bytes` bytes, valid until the same name is asked for again; what they hold is arbitrary. */
  take(name: Name, bytes: number): Address {
    this.#takes.set(name, (this.#takes.get(name) ?? 0) + 1);
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

/** Keeps what is given back for the next request of the same size: blocks of a model ask for the same sizes again. */
export class CachingHeap implements DeviceHeap {
  readonly #heap: DeviceHeap;
  readonly #sizes = new Map<Address, number>();
  readonly #spare = new Map<number, Address[]>();

  constructor(heap: DeviceHeap) {
    this.#heap = heap;
  }

  alloc(bytes: number): Address {
    const found = this.#spare.get(bytes)?.pop();
    if (found !== undefined) return found;
    const address = this.#allocate(bytes);
    this.#sizes.set(address, bytes);
    return address;
  }

  #allocate(bytes: number): Address {
    try {
      return this.#heap.alloc(bytes);
    } catch (error) {
      // What is kept for other sizes may be what is missing.
      if (this.#spare.size === 0) throw error;
      this.release();
      return this.#heap.alloc(bytes);
    }
  }

  free(address: Address): void {
    const bytes = this.#sizes.get(address);
    if (bytes === undefined) throw new TypeError(`[heap] nothing was allocated at ${address}`);
    const spare = this.#spare.get(bytes) ?? [];
    spare.push(address);
    this.#spare.set(bytes, spare);
  }

  /** Gives back everything that is not in use. */
  release(): void {
    for (const address of [...this.#spare.values()].flat()) {
      this.#heap.free(address);
      this.#sizes.delete(address);
    }
    this.#spare.clear();
  }
}
