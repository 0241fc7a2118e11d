/** Errors of the database in words for somebody who does not write SQL every day. */

export interface PlainError {
  /** A sentence on what is wrong, and what to do. */
  readonly summary: string;
  /** What the database says, with the place in the query. */
  readonly detail: string;
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [
    /install|extension|LoadExtension|Disabled by configuration|disabled through configuration/i,
    'This page lets no query read or load anything from outside. Use the tables below; they hold all data.',
  ],
  [/^Parser Error/, 'This is not a statement that can be read. Look at the place that the arrow points to.'],
  [
    /^Catalog Error.*Table/,
    'A table in the query does not exist. The tables and their columns are listed below.',
  ],
  [/^Catalog Error/, 'A name in the query does not exist. The tables and their columns are listed below.'],
  [
    /^Binder Error.*(column|Referenced)/i,
    'A column in the query does not exist, or stands where it is not known. The columns of each table are listed below.',
  ],
  [/^Binder Error/, 'The parts of the query do not fit together.'],
  [/^(Conversion|Invalid Input|Out of Range)/i, 'A value does not have the form that the query needs.'],
  [/memory/i, 'The query needs more memory than the browser gives it. Select fewer rows or columns.'],
  [/cancel|interrupt/i, 'The query was stopped.'],
];

export function plainError(error: unknown): PlainError {
  const detail = textOf((error instanceof Error ? error.message : String(error)).trim());
  const kind = KINDS.find(([pattern]) => pattern.test(detail));
  return { summary: kind?.[1] ?? 'The query failed.', detail };
}

/** Some errors come as JSON: `{"exception_type": "Parser", "exception_message": …}`. */
function textOf(message: string): string {
  try {
    const { exception_type, exception_message } = JSON.parse(message) as Record<string, unknown>;
    return `${exception_type} Error: ${exception_message}`;
  } catch {
    return message;
  }
}
