import { BitlossError } from '../errors.ts';

/** One fault of one input file. */
export interface Problem {
  /** Relative to the data folder. */
  readonly file: string;
  /** 1-based; null where a file as a whole is at fault. */
  readonly line: number | null;
  readonly field: string;
  readonly found: string;
  readonly fix: string;
}

const SHOWN = 100;

/** Collects the faults of all files, so that a reader sees them at once and not one after the other. */
export class Problems {
  readonly #all: Problem[] = [];

  add(problem: Problem): void {
    this.#all.push(problem);
  }

  get count(): number {
    return this.#all.length;
  }

  /** Throws `data/malformed` with every fault in `details.problems` when there is one. */
  throwIfAny(): void {
    if (this.#all.length === 0) return;
    const files = new Set(this.#all.map((problem) => problem.file));
    const lines = this.#all.slice(0, SHOWN).map(formatProblem);
    const more = this.#all.length - lines.length;
    if (more > 0) lines.push(`… and ${more} more`);
    throw new BitlossError(
      'data/malformed',
      `[data] ${count(this.#all.length, 'malformed row')} in ${count(files.size, 'file')}; the database was not changed.\n${lines.join('\n')}\n`,
      'Correct them and build again.',
      { problems: this.#all },
    );
  }
}

function formatProblem({ file, line, field, found, fix }: Problem): string {
  return `${file}${line === null ? '' : `:${line}`} ${field}: found ${found}. ${fix}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Shortens a value for a message. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
