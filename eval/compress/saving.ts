/** Writes a finished block while the next one is being made. */
export class Saving {
  #pending: Promise<void> = Promise.resolve();

  /** Begins to write once the block before is written; throws what writing that one threw. */
  async begin(write: () => Promise<void>): Promise<void> {
    await this.#pending;
    this.#pending = write();
    // Whoever waits next hears of a failure; until then it must not count as unhandled.
    this.#pending.catch(() => undefined);
  }

  /** Kept when everything is written. */
  finish(): Promise<void> {
    return this.#pending;
  }
}
