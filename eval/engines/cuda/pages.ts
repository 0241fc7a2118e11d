/** Which pages of the key-value cache belong to which text. Pages are numbered; what is in them is on the device. */

/** Positions of one page: small enough that a short text wastes little, large enough that a run of keys reads well. */
export const PAGE_POSITIONS = 64;

export function pagesFor(positions: number): number {
  return Math.ceil(positions / PAGE_POSITIONS);
}

export class PageAllocator {
  readonly total: number;
  /** Free pages, the next one last. */
  readonly #free: number[];
  readonly #taken: Uint8Array;

  constructor(total: number) {
    this.total = total;
    this.#free = Array.from({ length: total }, (_, i) => total - 1 - i);
    this.#taken = new Uint8Array(total);
  }

  get free(): number {
    return this.#free.length;
  }

  /** Takes `count` pages, all or none; null where there are not as many. */
  take(count: number): readonly number[] | null {
    if (count > this.#free.length) return null;
    const pages = this.#free.splice(this.#free.length - count).reverse();
    for (const page of pages) this.#taken[page] = 1;
    return pages;
  }

  /** Throws a `RangeError` for a page that is free already, before anything changes. */
  release(pages: readonly number[]): void {
    for (const page of pages)
      if (this.#taken[page] !== 1)
        throw new RangeError(`[cuda] page ${page} is not taken, so it cannot be freed.`);
    for (const page of pages) this.#taken[page] = 0;
    this.#free.push(...[...pages].reverse());
  }
}
