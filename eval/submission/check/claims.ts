/** What `pnpm submission check` says about a file of claimed rows: nothing in it can be computed again, so all is form. */
import { type ClaimedFile, claimedFileSchema } from '../../../data/claimed-schema.ts';
import type { Catalogues } from '../../../data/database/catalogues.ts';
import { claimedFaults, claimedSubject } from '../../../data/database/claimed.ts';
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { flatIssues, valueAt } from '../../../data/database/read-json.ts';
import { inert, type Problem } from '../problem.ts';
import { placeOf } from '../read/places.ts';
import { readPlainText } from '../read/read-text.ts';
import { scanJson } from '../read/scan-json.ts';
import { inertPath } from './read-submission.ts';

type Place = readonly PropertyKey[];

/** @param root absolute @param file relative to it */
export function claimProblems(root: string, file: string, catalogues: Catalogues): readonly Problem[] {
  const refuse = (
    rule: string,
    found: string,
    fix: string,
    path = 'file',
    line: number | null = null,
  ): Problem => {
    return { file, path, line, rule, found, fix, severity: 'refused' };
  };
  const read = readPlainText(root, file);
  if ('rule' in read) return [refuse(read.rule, read.found, read.fix)];
  const { text } = read;
  const at = (rule: string, path: Place, found: string, fix: string) =>
    refuse(rule, found, fix, inertPath(path), lineOfPath(text, path));
  const faults = scanJson(text);
  if (faults.length > 0)
    return faults.map(({ rule, found, fix, offset, path }) =>
      refuse(rule, found, fix, inertPath(path), text.slice(0, offset).split('\n').length),
    );
  const json: unknown = JSON.parse(text);
  const parsed = claimedFileSchema.safeParse(json);
  if (!parsed.success)
    return flatIssues(parsed.error.issues, json)
      .slice(0, 50)
      .map(({ path, message }) => at('schema', path, inert(valueAt(json, path)), `${message}.`));
  return [
    ...nameProblems(file, parsed.data, refuse),
    ...claimedFaults(parsed.data, catalogues).map(({ path, found, fix }) =>
      at('known', path, inert(found), fix),
    ),
  ];
}

function nameProblems(
  file: string,
  content: ClaimedFile,
  refuse: (rule: string, found: string, fix: string) => Problem,
): readonly Problem[] {
  const subject = claimedSubject(content);
  const stem = placeOf(file)?.stem ?? '';
  if (stem === subject) return [];
  return [refuse('name', inert(stem), `Name the file ${subject}.claim.json, after its content.`)];
}
