/** Collects everything that is wrong with the files of a dataset, so that a reader of the error sees all of it at once. */
export interface Problem {
  readonly file: string;
  /** 1-based; null where the problem is the file as a whole. */
  readonly line: number | null;
  /** Path inside the record, such as `question.choices[2].text`; null where the line as a whole is wrong. */
  readonly field: string | null;
  readonly why: string;
}

export class Problems {
  readonly #found: Problem[] = [];

  add(file: string, line: number | null, field: string | null, why: string): void {
    this.#found.push({ file, line, field, why });
  }

  get found(): readonly Problem[] {
    return this.#found;
  }
}

/** `piqa/valid.jsonl, line 3, sol1: expected a text, got a number` */
export function describeProblem({ file, line, field, why }: Problem): string {
  return `${[file, line === null ? null : `line ${line}`, field].filter((part) => part !== null).join(', ')}: ${why}`;
}
