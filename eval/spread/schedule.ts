/** Hands units to workers: none before what it waits for has ended, and none is lost when a worker gives it back. */
import type { Unit } from './units.ts';

export class Schedule {
  readonly #waiting: Unit[];
  readonly #unsettled: Set<Unit>;
  #wake: (() => void)[] = [];

  constructor(units: readonly Unit[]) {
    this.#waiting = [...units];
    this.#unsettled = new Set(units);
  }

  /** The next unit; waits while others may still give one back or end one that it waits for. Null when all is done. */
  async take(): Promise<Unit | null> {
    for (;;) {
      const at = this.#waiting.findIndex(({ after }) => after === null || !this.#unsettled.has(after));
      if (at !== -1) return this.#waiting.splice(at, 1)[0]!;
      if (this.#unsettled.size === 0) return null;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** A unit that ended, well or not: what waits for it can begin. */
  settle(unit: Unit): void {
    this.#unsettled.delete(unit);
    this.#wakeAll();
  }

  /** A unit that another worker has to take. */
  giveBack(unit: Unit): void {
    this.#waiting.unshift(unit);
    this.#wakeAll();
  }

  /** Nobody is left to take a unit. */
  abandon(): void {
    this.#waiting.length = 0;
    this.#unsettled.clear();
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waking = this.#wake;
    this.#wake = [];
    for (const resolve of waking) resolve();
  }
}
