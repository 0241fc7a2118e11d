/** What a benchmark does while it runs: a line for every phase, rows as soon as there are any, and an end to repeats. */
import type { BenchRow, Times } from '../../data/bench-schema.ts';
import { measure, type Repeats, type Stopwatch, type Work } from './measure.ts';

/** Shorter phases are counted in the line of their row. */
const OWN_LINE_SECONDS = 0.5;
/** Saving asks for the state of the GPU, which short repeats would notice. */
const SAVE_EVERY_SECONDS = 5;

export interface ProgressParts {
  /** No repeat begins that would end later, judged by the longest so far; the first of every row runs anyway. */
  readonly budgetSeconds: number;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  log(line: string): void;
  /** Keeps all rows that there are. */
  save(rows: readonly BenchRow[]): Promise<void>;
}

export interface Timing {
  readonly stopwatch: Stopwatch;
  readonly work: Work;
  readonly repeats: Repeats;
  /** Work of one repeat in the unit of the row. */
  readonly amount: number;
}

export class Progress {
  readonly #parts: ProgressParts;
  readonly #started: number;
  #saved: number;
  readonly #rows = new Map<string, BenchRow>();

  /** The budget is counted from now on. */
  constructor(parts: ProgressParts) {
    this.#parts = parts;
    this.#started = parts.now();
    this.#saved = this.#started;
  }

  log(line: string): void {
    this.#parts.log(`  ${line}`);
  }

  /** Work that is not measured. */
  async phase<T>(what: string, work: () => Promise<T> | T): Promise<T> {
    const started = this.#parts.now();
    const result = await work();
    this.log(`${what}: ${seconds(this.#since(started))}`);
    return result;
  }

  /** Measures, and shows what `toRows` makes of the times after every repeat. Returns the rows of all repeats. */
  async rows(
    what: string,
    timing: Timing,
    toRows: (times: Times) => readonly BenchRow[],
  ): Promise<readonly BenchRow[]> {
    const times = await this.times(what, timing, (soFar) => this.show(toRows(soFar)));
    const rows = toRows(times);
    for (const row of rows) this.#rows.set(row.case, row);
    return rows;
  }

  async times(
    what: string,
    { stopwatch, work, repeats, amount }: Timing,
    onTimes: (soFar: Times) => Promise<void> = async () => {},
  ): Promise<Times> {
    const started = this.#parts.now();
    let begun = started;
    let longest = 0;
    const ended = (part: string) => {
      const took = this.#since(begun);
      if (took >= OWN_LINE_SECONDS) this.log(`${what}: ${part}, ${seconds(took)}`);
      begun = this.#parts.now();
      return took;
    };
    const times = await measure(stopwatch, work, repeats, amount, {
      warmedUp: (i) => void ended(`warm-up ${i} of ${repeats.warmUps}`),
      repeated: async (soFar) => {
        longest = Math.max(longest, ended(`repeat ${soFar.wall_ms.length} of ${repeats.repeats}`));
        await onTimes(soFar);
        begun = this.#parts.now();
      },
      mayRepeat: () => this.#since(this.#started) + longest <= this.#parts.budgetSeconds,
    });
    const done = times.wall_ms.length;
    const end = done < repeats.repeats ? `, as the budget is ${this.#parts.budgetSeconds} s` : '';
    const all = `${repeats.warmUps} warm-ups, ${done} of ${repeats.repeats} repeats${end}`;
    this.log(`${what}: ${all}, ${seconds(this.#since(started))}`);
    return times;
  }

  /** Rows so far, in the place of those of the same case. */
  async show(rows: readonly BenchRow[]): Promise<void> {
    for (const row of rows) this.#rows.set(row.case, row);
    if (this.#since(this.#saved) < SAVE_EVERY_SECONDS) return;
    await this.#parts.save([...this.#rows.values()]);
    this.#saved = this.#parts.now();
  }

  #since(moment: number): number {
    return (this.#parts.now() - moment) / 1000;
  }
}

const seconds = (value: number) => `${value.toFixed(value < 1 ? 2 : 1)} s`;
