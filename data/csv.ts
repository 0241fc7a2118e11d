/** Comma-separated values after RFC 4180, with `\n` line ends and quotes only where a field needs them. */

/** One record with the line it starts on (1-based). */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

export type CsvProblem = { readonly line: number; readonly found: string };

/** Splits a text into records; an unterminated or stray quote is returned as a problem, not thrown. */
export function parseCsv(text: string): { records: CsvRecord[]; problems: CsvProblem[] } {
  const records: CsvRecord[] = [];
  const problems: CsvProblem[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    for (;;) {
      const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at);
      if (field.problem !== null) problems.push({ line: start, found: field.problem });
      fields.push(field.value);
      line += field.newlines;
      at = field.end;
      if (text[at] !== ',') break;
      at += 1;
    }
    records.push({ line: start, fields });
    at += 1;
    line += 1;
  }
  return { records, problems };
}

interface Field {
  readonly value: string;
  readonly end: number;
  readonly newlines: number;
  readonly problem: string | null;
}

const FIELD_END = /[,\n]/g;

function plainField(text: string, start: number): Field {
  FIELD_END.lastIndex = start;
  const end = FIELD_END.exec(text)?.index ?? text.length;
  const value = text.slice(start, end);
  const problem = /["\r]/.test(value) ? `a stray quote or carriage return in ${JSON.stringify(value)}` : null;
  return { value, end, newlines: 0, problem };
}

function quotedField(text: string, start: number): Field {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end === -1) {
      const value = text.slice(start + 1);
      return { value, end: text.length, newlines: count(value), problem: 'a quote that is never closed' };
    }
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const value = text.slice(start + 1, end).replaceAll('""', '"');
  const next = text[end + 1];
  if (next === undefined || next === ',' || next === '\n')
    return { value, end: end + 1, newlines: count(value), problem: null };
  const rest = plainField(text, end + 1);
  return {
    value: value + rest.value,
    end: rest.end,
    newlines: count(value),
    problem: 'text after a closing quote',
  };
}

function count(text: string): number {
  return text.split('\n').length - 1;
}

/** Joins records to a text that `parseCsv` reads back exactly. */
export function formatCsv(records: Iterable<readonly string[]>): string {
  let text = '';
  for (const fields of records) text += `${fields.map(formatField).join(',')}\n`;
  return text;
}

function formatField(field: string): string {
  return /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
