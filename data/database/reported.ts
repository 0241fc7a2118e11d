/** Reads `published/`: checks every row, and says which model, recipe and task its labels mean. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../catalog-schema.ts';
import { parseCsv } from '../csv.ts';
import { expandRow, unknownNoteKeys } from '../published-compact.ts';
import { COMPACT_COLUMNS, type Header, headerSchema, type OriginalRow } from '../published-schema.ts';
import type { Catalogues } from './catalogues.ts';
import type { Row } from './insert.ts';
import { Interpreter } from './interpret.ts';
import { type Problems, show } from './problems.ts';
import { readJson, readText } from './read-json.ts';
import { sourceUrl } from './source-url.ts';

/** Rows of the table `reported`. */
export function readReported(root: string, catalogues: Catalogues, problems: Problems): Row[] {
  const rows: Row[] = [];
  for (const name of sourceFiles(root)) {
    const file = `published/${name}.json`;
    const header = readJson(root, file, headerSchema, problems)?.value;
    if (header === undefined) continue;
    const source = catalogues.sources.get(header.source_id);
    if (source === undefined || header.source_id !== name) {
      problems.add({
        file,
        line: 2,
        field: 'source_id',
        found: show(header.source_id),
        fix: `Name the source as the file, "${name}", and describe it in sources.json.`,
      });
      continue;
    }
    rows.push(...readSource(root, header, source, catalogues, problems));
  }
  return rows;
}

function sourceFiles(root: string): string[] {
  if (!existsSync(join(root, 'published'))) return [];
  return readdirSync(join(root, 'published'))
    .filter((file) => file.endsWith('.json') && file !== 'files.json')
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

function readSource(
  root: string,
  header: Header,
  source: Source,
  catalogues: Catalogues,
  problems: Problems,
): Row[] {
  const file = `published/${header.source_id}.csv`;
  const text = readText(root, file, problems);
  if (text === null) return [];
  const { records, problems: quoting } = parseCsv(text);
  for (const { line, found } of quoting)
    problems.add({ file, line, field: 'quotes', found, fix: 'Quote the field after RFC 4180.' });
  const [head, ...body] = records;
  if (head?.fields.join() !== COMPACT_COLUMNS.join()) {
    const found = show(head?.fields.join());
    problems.add({ file, line: 1, field: 'columns', found, fix: `Expected ${COMPACT_COLUMNS.join()}.` });
    return [];
  }
  if (body.length !== header.rows) {
    const fix = `The header file says ${header.rows}; import the source again.`;
    problems.add({ file, line: null, field: 'rows', found: String(body.length), fix });
  }
  const interpreter = new Interpreter(source, catalogues);
  const seen = new Map<string, number>();
  const rows: Row[] = [];
  for (const { line, fields } of body) {
    const add = (field: string, found: string, fix: string) =>
      problems.add({ file, line, field, found, fix });
    if (!checkKeys(header, fields, add)) continue;
    const original = expandRow(header, fields);
    const meaning = interpreter.interpret(original, fields[0], add);
    if (meaning === null) continue;
    rows.push({ row_id: rowId(original, seen), ...describeOrigin(original, source), ...meaning });
  }
  return rows;
}

type Add = (field: string, found: string, fix: string) => void;

const KEYED = [
  ['table', 'tables'],
  ['model', 'models'],
  ['config', 'configs'],
  ['column', 'columns'],
] as const;

function checkKeys(header: Header, fields: readonly string[], add: Add): boolean {
  if (fields.length !== COMPACT_COLUMNS.length) {
    add('row', `${fields.length} fields`, `Expected ${COMPACT_COLUMNS.length}: ${COMPACT_COLUMNS.join()}.`);
    return false;
  }
  let sound = true;
  for (const [index, [name, part]] of KEYED.entries()) {
    if (Object.hasOwn(header[part], fields[index])) continue;
    add(name, show(fields[index]), `Use one of the ${part} of ${header.source_id}.json, or add it there.`);
    sound = false;
  }
  for (const key of unknownNoteKeys(header, fields[7])) {
    add('note', show(key), `Use one of the notes of ${header.source_id}.json, or add it there.`);
    sound = false;
  }
  return sound;
}

function describeOrigin(row: OriginalRow, source: Source): Row {
  return {
    source_id: row.source_id,
    source_url: sourceUrl(source, row),
    arxiv: row.arxiv || null,
    locator: row.locator,
    commit_id: row.commit || null,
    model_label: row.model,
    method_label: row.method,
    note: row.note || null,
  };
}

/** Hash of everything but the value, so that a corrected value keeps its id; repeats are counted. */
function rowId(row: OriginalRow, seen: Map<string, number>): string {
  const { value: _, note: __, ...identity } = row;
  const text = JSON.stringify(identity);
  const repeat = seen.get(text) ?? 0;
  seen.set(text, repeat + 1);
  return createHash('sha256').update(`${text}#${repeat}`).digest('hex').slice(0, 16);
}
