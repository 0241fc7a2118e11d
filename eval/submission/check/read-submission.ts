/** From a file that somebody sent to a `Submission`, or to the reasons why it is none. */
import path from 'node:path';
import { expandRun } from '../../../data/compact-run.ts';
import { anyRunFileSchema } from '../../../data/compact-run-schema.ts';
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { flatIssues, formatPath, valueAt } from '../../../data/database/read-json.ts';
import { OUTCOME_LIMITS, type OutcomeReader } from '../../store/outcome-file.ts';
import { inert, type Problem } from '../problem.ts';
import { placeOf } from '../read/places.ts';
import { fileFault, readPlainText } from '../read/read-text.ts';
import { scanJson } from '../read/scan-json.ts';
import type { Submission } from './rule.ts';

export type Read = { readonly submission: Submission } | { readonly problems: readonly Problem[] };

/** A schema that a file breaks everywhere has as many issues as the file has fields. */
const MOST_ISSUES = 50;

/** Everything but the outcomes. @param root absolute @param file the place of a run, relative to it */
export function readRunSubmission(root: string, file: string): Read {
  const refuse = (
    rule: string,
    found: string,
    fix: string,
    line: number | null = null,
    at = 'file',
  ): Problem => ({
    file,
    path: at,
    line,
    rule,
    found,
    fix,
    severity: 'refused',
  });
  const { handle, stem } = placeOf(file)!;
  const read = readPlainText(root, file);
  if ('rule' in read) return { problems: [refuse(read.rule, read.found, read.fix)] };
  const { text } = read;
  const faults = scanJson(text);
  if (faults.length > 0)
    return {
      problems: faults.map(({ rule, found, fix, offset, path: at }) =>
        refuse(rule, found, fix, text.slice(0, offset).split('\n').length, inertPath(at)),
      ),
    };
  const json: unknown = JSON.parse(text);
  const parsed = anyRunFileSchema.safeParse(json);
  if (!parsed.success)
    return {
      problems: flatIssues(parsed.error.issues, json)
        .slice(0, MOST_ISSUES)
        .map(({ path: at, message }) =>
          refuse('schema', inert(valueAt(json, at)), `${message}.`, lineOfPath(text, at), inertPath(at)),
        ),
    };
  const stored = parsed.data;
  return { submission: { file, handle, stem, text, stored, run: expandRun(stored), outcomes: null } };
}

/** Adds the outcomes that lie beside a run file. */
export async function withOutcomes(
  root: string,
  submission: Submission,
  reader: OutcomeReader,
): Promise<{ readonly submission: Submission; readonly problems: readonly Problem[] }> {
  const file = submission.file.replace(/\.json$/, '.parquet');
  const refuse = (rule: string, found: string, fix: string): Problem => ({
    file,
    path: 'file',
    line: null,
    rule,
    found,
    fix,
    severity: 'refused',
  });
  const fault = fileFault(root, file, OUTCOME_LIMITS.bytes);
  if (fault !== null) return { submission, problems: [refuse(fault.rule, fault.found, fault.fix)] };
  const outcomes = await reader.read(path.join(root, file));
  if (!('faults' in outcomes)) return { submission: { ...submission, outcomes }, problems: [] };
  const fix = 'Write it again with pnpm submission new.';
  return { submission, problems: outcomes.faults.map((found) => refuse('outcomes', inert(found), fix)) };
}

export const inertPath = (at: readonly PropertyKey[]): string => inert(formatPath(at)).slice(1, -1);
