/**
 * Tells a person how far a run is: one line that is redrawn on a terminal, plain lines without control codes elsewhere.
 * Time left is estimated from how long the same kind of step took in this run.
 */
import { describeDuration } from './duration.ts';

/** Where progress goes. `columns` is undefined where the output is not a terminal. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  readonly columns: number | undefined;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
}

/** One step of a run: compressing a model with a recipe, or measuring one cell. Steps of one kind take similar time. */
export interface Step {
  readonly kind: string;
  readonly label: string;
  readonly isCell: boolean;
}

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 30_000;

export class Progress {
  readonly #output: ProgressOutput;
  readonly #startedAt: number;
  readonly #totalCells: number;
  readonly #remaining: Step[];
  readonly #durations = new Map<string, number[]>();
  #doneCells = 0;
  #measuredCells = 0;
  #current: { step: Step; startedAt: number; share: number } | null = null;
  #lastShownAt: number;
  #isLineOpen = false;

  /** @param steps all steps that have to be executed; `reusedCells` are done already and take no time. */
  constructor(output: ProgressOutput, steps: readonly Step[], reusedCells: number) {
    this.#output = output;
    this.#startedAt = output.clock();
    this.#lastShownAt = this.#startedAt;
    this.#remaining = [...steps];
    this.#doneCells = reusedCells;
    this.#totalCells = reusedCells + steps.filter((step) => step.isCell).length;
  }

  start(step: Step): void {
    const index = this.#remaining.indexOf(step);
    if (index !== -1) this.#remaining.splice(index, 1);
    this.#current = { step, startedAt: this.#output.clock(), share: 0 };
    this.#show(0);
  }

  /** Share of the current step that is done, 0…1. */
  advance(share: number): void {
    if (this.#current === null) return;
    this.#current.share = Math.min(1, Math.max(0, share));
    this.#show(this.#output.columns === undefined ? PLAIN_LINE_MS : REDRAW_MS);
  }

  finish(): void {
    if (this.#current === null) return;
    const { step, startedAt } = this.#current;
    const durations = this.#durations.get(step.kind) ?? [];
    durations.push(this.#output.clock() - startedAt);
    this.#durations.set(step.kind, durations);
    this.#current = null;
    if (!step.isCell) return;
    this.#doneCells += 1;
    this.#measuredCells += 1;
  }

  /** Counts cells that will not be executed, because compressing the model failed. */
  skip(steps: readonly Step[]): void {
    for (const step of steps) {
      const index = this.#remaining.indexOf(step);
      if (index !== -1) this.#remaining.splice(index, 1);
      if (step.isCell) this.#doneCells += 1;
    }
  }

  /** Prints a line that stays, above the live one. */
  log(line: string): void {
    this.close();
    this.#output.write(`${line}\n`);
  }

  /** Removes the live line. */
  close(): void {
    if (this.#isLineOpen) this.#output.write('\r\u001b[K');
    this.#isLineOpen = false;
  }

  /** The text of the line, without control codes. */
  line(): string {
    const now = this.#output.clock();
    const cells = `[${this.#doneCells}/${this.#totalCells}]`;
    const label =
      this.#current === null ? '' : `${this.#current.step.label} ${Math.floor(this.#current.share * 100)} %`;
    const minutes = (now - this.#startedAt) / 60_000;
    const rate = this.#measuredCells === 0 ? '' : `${(this.#measuredCells / minutes).toFixed(1)} cells/min`;
    const left = this.#estimateLeft(now);
    const time = left === null ? '' : `about ${describeDuration(left)} left`;
    return [cells, label, rate, time].filter((part) => part !== '').join('  ');
  }

  #show(minimumInterval: number): void {
    const now = this.#output.clock();
    if (now - this.#lastShownAt < minimumInterval) return;
    const { columns } = this.#output;
    if (columns === undefined) {
      // A log has a line for every finished cell already; in between it only needs a sign of life.
      if (minimumInterval === 0) return;
      this.#output.write(`${this.line()}\n`);
    } else {
      this.#output.write(`\r${this.line().slice(0, Math.max(0, columns - 1))}\u001b[K`);
      this.#isLineOpen = true;
    }
    this.#lastShownAt = now;
  }

  /** Milliseconds, or null while nothing is known yet. */
  #estimateLeft(now: number): number | null {
    const known = [...this.#durations.values()].flat();
    if (known.length === 0) return null;
    const overall = mean(known);
    const expected = (step: Step) => mean(this.#durations.get(step.kind) ?? [overall]);
    const later = this.#remaining.reduce((sum, step) => sum + expected(step), 0);
    if (this.#current === null) return later;
    const { step, startedAt, share } = this.#current;
    const elapsed = now - startedAt;
    const ofCurrent = share > 0.1 ? (elapsed / share) * (1 - share) : Math.max(0, expected(step) - elapsed);
    return later + ofCurrent;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
