/** Device memory that is taken once and handed out in pieces. */

/** Addresses of matrices are multiples of this many bytes, which every vector load and copy engine likes. */
export const ALIGNMENT = 256;

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** A stack of buffers inside one range: what is taken after a mark is given back by returning to it. */
export class Scratch {
  readonly #base: number;
  readonly #bytes: number;
  #used = 0;
  #peak = 0;

  /** @param bytes  of the range at `base`; infinite to find out how many are needed */
  constructor(base: number, bytes: number) {
    this.#base = base;
    this.#bytes = bytes;
  }

  /** Most bytes that were in use at a time. */
  get peak(): number {
    return this.#peak;
  }

  /** Address of `bytes` bytes; what they hold is arbitrary. */
  take(bytes: number): number {
    const at = this.#base + this.#used;
    this.#used += aligned(bytes);
    this.#peak = Math.max(this.#peak, this.#used);
    if (this.#used > this.#bytes)
      throw new RangeError(`${this.#used} bytes of ${this.#bytes} were taken: the plan was for less work`);
    return at;
  }

  mark(): number {
    return this.#used;
  }

  release(mark: number): void {
    this.#used = mark;
  }
}
