/** Reads claimed rows: `results/<handle>/<name>-<12 digits>.claim.json`. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { type ClaimedFile, type ClaimedRow, claimedFileSchema, questionKey } from '../claimed-schema.ts';
import { recipeColumns } from '../recipe-columns.ts';
import type { Catalogues } from './catalogues.ts';
import type { Row } from './insert.ts';
import { lineOfPath } from './json-lines.ts';
import { type Problems, show } from './problems.ts';
import { formatPath, readJson } from './read-json.ts';
import { filesUnder } from './runs.ts';

const ENDING = '.claim.json';

/** Files below the data folder, relative to it, sorted. */
export function claimedFiles(root: string): { file: string; owner: string; subject: string }[] {
  return filesUnder(root, 'results')
    .filter((file) => file.endsWith(ENDING))
    .map((file) => {
      const parts = file.split('/');
      return { file, owner: parts[1]!, subject: parts.at(-1)!.slice(0, -ENDING.length) };
    });
}

/** What the name of a file of claimed rows has to be, without its ending: equal content has one name. */
export function claimedSubject(content: ClaimedFile): string {
  const digits = createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 12);
  return `${content.name}-${digits}`;
}

/** One fault of the content of a file of claimed rows, as the file stands. */
export interface ClaimedFault {
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly fix: string;
}

/** What the catalogues do not know. */
export function claimedFaults({ rows }: ClaimedFile, catalogues: Catalogues): readonly ClaimedFault[] {
  return rows.flatMap((row, index) => {
    const fault = (field: keyof ClaimedRow, fix: string): ClaimedFault => {
      return { path: ['rows', index, field], found: show(row[field]), fix };
    };
    const faults: ClaimedFault[] = [];
    if (!catalogues.models.has(row.model)) faults.push(fault('model', 'Add the model to data/models.json.'));
    if (!catalogues.tasks.has(row.task)) faults.push(fault('task', 'Add the task to data/tasks.json.'));
    try {
      const { method_id } = recipeColumns(row.recipe);
      if (!catalogues.methods.has(method_id))
        faults.push(fault('recipe', `Add the method "${method_id}" to data/methods.json.`));
    } catch (error) {
      faults.push(fault('recipe', (error as Error).message));
    }
    return faults;
  });
}

/** Rows of the tables `claimed_file` and `claimed`. */
export function readClaimed(
  root: string,
  catalogues: Catalogues,
  problems: Problems,
): { readonly files: Row[]; readonly rows: Row[] } {
  const tables: { files: Row[]; rows: Row[] } = { files: [], rows: [] };
  for (const { file, owner, subject } of claimedFiles(root)) {
    const read = readJson(root, file, claimedFileSchema, problems);
    if (read === null) continue;
    const content = read.value;
    const named = claimedSubject(content);
    if (named !== subject)
      problems.add({
        file,
        line: null,
        field: 'file',
        found: show(subject),
        fix: `Its content is that of ${named}${ENDING}; name it so.`,
      });
    for (const { path, found, fix } of claimedFaults(content, catalogues))
      problems.add({ file, line: lineOfPath(read.text, path), field: formatPath(path), found, fix });
    tables.files.push(fileRow(content, owner, file, subject));
    tables.rows.push(...content.rows.map((row) => valueRow(row, subject)));
  }
  return tables;
}

function fileRow({ provenance }: ClaimedFile, owner: string, file: string, subject: string): Row {
  const { outputs, notes, ...plain } = provenance;
  return { subject, owner, file, ...plain, outputs: canonicalJson(outputs), notes: notes.join(' ') || null };
}

function valueRow({ paired, ...row }: ClaimedRow, subject: string): Row {
  return {
    subject,
    question: questionKey({ paired, ...row }),
    ...row,
    kept_low: paired?.kept_low ?? null,
    kept_high: paired?.kept_high ?? null,
  };
}
