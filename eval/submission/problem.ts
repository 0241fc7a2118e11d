/** One fault of a submission, as a rule reports it, and as people and programs read it. */

/** `refused`: the submission cannot be merged. `flagged`: a person has to look at it; the check passes. */
export type Severity = 'refused' | 'flagged';

export interface Problem {
  /** Relative to the repository, with `/`. */
  readonly file: string;
  /** Place in the JSON, as `recipes[2].cells[0][4]`; `file` where the file as a whole is at fault. */
  readonly path: string;
  /** 1-based; null where no line can be named. */
  readonly line: number | null;
  /** Id of the rule. */
  readonly rule: string;
  /** What stands there, with the numbers. Shown to people, so it holds no control characters. */
  readonly found: string;
  /** What to do, as a full sentence. */
  readonly fix: string;
  readonly severity: Severity;
}

/** Makes the problems for which a file is refused. */
export function refusalsOf(file: string) {
  return (rule: string, found: string, fix: string, path = 'file', line: number | null = null): Problem => ({
    file,
    path,
    line,
    rule,
    found,
    fix,
    severity: 'refused',
  });
}

const LONGEST = 160;
/** Controls, line separators, marks that change the direction of text, zero-width characters, lone surrogates. */
export const INVISIBLE =
  /[\p{Cc}\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|\p{Cs}|\p{Co}|[\u{e0000}-\u{e007f}]/u;

/** A value of an untrusted file for a message: short, on one line, and with every invisible character spelt out. */
export function inert(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 2 * LONGEST)) : textOf(value);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  return cut.replace(
    new RegExp(INVISIBLE, 'gu'),
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

function textOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  // A whole object is never written out: it may be as large as the file.
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object of ${Object.keys(value).length} fields`;
  return value === undefined ? 'nothing' : String(value);
}

/** One problem as one line, as compilers write them. */
export function formatProblem({ file, path, line, rule, found, fix, severity }: Problem): string {
  const place = line === null ? inertText(file) : `${inertText(file)}:${line}`;
  return `${place} ${path} [${rule}${severity === 'flagged' ? ', flagged' : ''}]: found ${found}. ${fix}`;
}

/** A text without its quotes. */
export function inertText(text: string): string {
  return inert(text).slice(1, -1);
}
