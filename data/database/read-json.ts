import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { lineOfPath } from './json-lines.ts';
import { type Problems, show } from './problems.ts';

/** Reads and checks a JSON file; faults go to `problems` and give null. */
export function readJson<Schema extends z.ZodType>(
  root: string,
  file: string,
  schema: Schema,
  problems: Problems,
): { value: z.infer<Schema>; text: string } | null {
  const text = readText(root, file, problems);
  if (text === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    problems.add(syntaxProblem(file, text, error as Error));
    return null;
  }
  const result = schema.safeParse(parsed);
  if (result.success) return { value: result.data, text };
  for (const issue of flatIssues(result.error.issues, parsed)) {
    problems.add({
      file,
      line: lineOfPath(text, issue.path),
      field: formatPath(issue.path),
      found: show(valueAt(parsed, issue.path)),
      fix: `${issue.message}.`,
    });
  }
  return null;
}

/** Reads a text file; a file that cannot be read is a problem. */
export function readText(root: string, file: string, problems: Problems): string | null {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch (error) {
    problems.add({
      file,
      line: null,
      field: 'file',
      found: (error as Error).message,
      fix: 'Make the file readable.',
    });
    return null;
  }
}

function syntaxProblem(file: string, text: string, error: Error) {
  const position = /position (\d+)/.exec(error.message)?.[1];
  const end = position === undefined ? text.length : Number(position);
  return {
    file,
    line: text.slice(0, end).split('\n').length,
    field: 'JSON',
    found: error.message,
    fix: 'Write the file again as valid JSON.',
  };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A union says only that no member fits; the issues of the member that fits best say why. */
export function flatIssues(issues: readonly z.core.$ZodIssue[], parsed: unknown): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: 'This field is not known; remove it',
      }));
    if (issue.code !== 'invalid_union' || issue.errors.length === 0)
      return [{ path: issue.path, message: issue.message }];
    const best = issue.errors.reduce((a, b) => (b.length < a.length ? b : a));
    return flatIssues(best, valueAt(parsed, issue.path)).map(({ path, message }) => ({
      path: [...issue.path, ...path],
      message,
    }));
  });
}

/** The value at a place of a JSON. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<PropertyKey, unknown> | undefined)?.[step],
    value,
  );
}

/** `run.models[0].id` */
export function formatPath(path: readonly PropertyKey[]): string {
  return (
    path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
      .join('')
      .replace(/^\./, '') || 'file'
  );
}
