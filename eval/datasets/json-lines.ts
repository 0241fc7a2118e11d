/** Reads files of one JSON value a line. */
import type { z } from 'zod';
import type { TextFile } from './dataset.ts';
import type { Problems } from './problems.ts';

export interface Line<T> {
  /** 1-based line number. */
  readonly line: number;
  readonly value: T;
}

/** Every line that fits the schema; what does not is reported. Empty lines at the end of the file are allowed. */
export function parseJsonLines<T>(
  file: TextFile,
  schema: z.ZodType<T>,
  problems: Problems,
): readonly Line<T>[] {
  const parsed: Line<T>[] = [];
  for (const [index, text] of linesOf(file.text).entries()) {
    const line = index + 1;
    const json = parseJson(text);
    if (json === undefined) {
      problems.add(
        file.name,
        line,
        null,
        `expected one JSON value, got ${JSON.stringify(text.slice(0, 60))}`,
      );
      continue;
    }
    const result = schema.safeParse(json.value);
    if (result.success) parsed.push({ line, value: result.data });
    else
      for (const { path, message } of result.error.issues)
        problems.add(file.name, line, fieldName(path), message);
  }
  return parsed;
}

/** Lines without their ends (`\n` or `\r\n`); what follows the last end is a line only if it is not empty. */
export function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/u);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  return lines;
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** `['choices', 2, 'text']` → `choices[2].text` */
function fieldName(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./u, '');
}
