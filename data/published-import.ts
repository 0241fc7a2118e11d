/** Makes the files of `published/` out of the original tidy tables. */
import { createHash } from 'node:crypto';
import { parseCsv } from './csv.ts';
import { BitlossError } from './errors.ts';
import { compactSource } from './published-compact.ts';
import {
  ORIGINAL_COLUMNS,
  type OriginalColumn,
  type OriginalFile,
  type OriginalRow,
} from './published-schema.ts';

/** Returns file name → content for every source of the given tables, and `files.json`. */
export function importPublished(tables: readonly { file: string; text: string }[]): Map<string, string> {
  const bySource = new Map<string, OriginalRow[]>();
  const files: OriginalFile[] = [];
  for (const table of tables) {
    const { columns, rows } = readTable(table);
    files.push(describe(table, columns, rows));
    for (const row of rows) {
      const known = bySource.get(row.source_id);
      if (known === undefined) bySource.set(row.source_id, [row]);
      else known.push(row);
    }
  }
  const written = new Map<string, string>();
  for (const [id, rows] of bySource) {
    const { header, csv } = compactSource(rows);
    written.set(`${id}.json`, formatHeader(header));
    written.set(`${id}.csv`, csv);
  }
  written.set('files.json', `[\n${files.map((file) => JSON.stringify(file)).join(',\n')}\n]\n`);
  return written;
}

function readTable({ file, text }: { file: string; text: string }): {
  columns: OriginalColumn[];
  rows: OriginalRow[];
} {
  const { records, problems } = parseCsv(text);
  const [head, ...body] = records;
  const columns = (head?.fields ?? []) as OriginalColumn[];
  const strange = columns.filter((column) => !ORIGINAL_COLUMNS.includes(column));
  const ragged = body.filter((record) => record.fields.length !== columns.length);
  if (problems.length > 0 || strange.length > 0 || ragged.length > 0 || columns.length === 0)
    throw new BitlossError(
      'published/malformed-original',
      `[published] ${file}: ${problems.length} quoting faults, ${ragged.length} lines of a wrong length, unknown columns: ${strange.join(', ') || 'none'}.`,
      `Expected the columns ${ORIGINAL_COLUMNS.join(', ')}.`,
      { file, problems, ragged: ragged.map((record) => record.line), strange },
    );
  const blank = Object.fromEntries(ORIGINAL_COLUMNS.map((column) => [column, '']));
  const rows = body.map(
    (record) =>
      ({
        ...blank,
        ...Object.fromEntries(columns.map((column, i) => [column, record.fields[i]])),
      }) as OriginalRow,
  );
  return { columns, rows };
}

function describe(
  { file, text }: { file: string; text: string },
  columns: OriginalColumn[],
  rows: readonly OriginalRow[],
): OriginalFile {
  const order: [string, number][] = [];
  for (const { source_id } of rows) {
    const last = order.at(-1);
    if (last?.[0] === source_id) last[1] += 1;
    else order.push([source_id, 1]);
  }
  return { file, sha256: createHash('sha256').update(text).digest('hex'), columns, rows: rows.length, order };
}

/** One entry a line: short in a diff, and still JSON. */
function formatHeader(header: Record<string, unknown>): string {
  const lines = Object.entries(header).map(([name, value]) => {
    if (typeof value !== 'object' || value === null)
      return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    const entries = Object.entries(value).map(
      ([key, entry]) => `  ${JSON.stringify(key)}: ${JSON.stringify(entry)}`,
    );
    return entries.length === 0
      ? `${JSON.stringify(name)}: {}`
      : `${JSON.stringify(name)}: {\n${entries.join(',\n')}\n}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}
