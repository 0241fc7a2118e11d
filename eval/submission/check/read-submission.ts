/** From a file that somebody sent to a `Submission`, or to the reasons why it is none. */
import path from 'node:path';
import type { z } from 'zod';
import { expandRun } from '../../../data/compact-run.ts';
import { anyRunFileSchema } from '../../../data/compact-run-schema.ts';
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { flatIssues, formatPath, valueAt } from '../../../data/database/read-json.ts';
import { OUTCOME_LIMITS } from '../../store/outcome-columns.ts';
import type { OutcomeReader } from '../../store/outcome-file.ts';
import { inert, inertText, type Problem, refusalsOf } from '../problem.ts';
import { placeOf } from '../read/places.ts';
import { fileFault, readPlainText } from '../read/read-text.ts';
import { scanJson } from '../read/scan-json.ts';
import type { Submission } from './rule.ts';

interface Refused {
  readonly problems: readonly Problem[];
}

/** A schema that a file breaks everywhere has as many issues as the file has fields. */
const MOST_ISSUES = 50;

/** A JSON file that fits a schema. @param root absolute @param file relative to it */
export function readContent<Schema extends z.ZodType>(
  root: string,
  file: string,
  schema: Schema,
): { readonly text: string; readonly content: z.infer<Schema> } | Refused {
  const refuse = refusalsOf(file);
  const read = readPlainText(root, file);
  if ('rule' in read) return { problems: [refuse(read.rule, read.found, read.fix)] };
  const { text } = read;
  const faults = scanJson(text);
  if (faults.length > 0)
    return {
      problems: faults.map(({ rule, found, fix, offset, path: at }) =>
        refuse(rule, found, fix, inertPath(at), text.slice(0, offset).split('\n').length),
      ),
    };
  const json: unknown = JSON.parse(text);
  const parsed = schema.safeParse(json);
  if (parsed.success) return { text, content: parsed.data };
  return {
    problems: flatIssues(parsed.error.issues, json)
      .slice(0, MOST_ISSUES)
      .map(({ path: at, message }) =>
        refuse('schema', inert(valueAt(json, at)), `${message}.`, inertPath(at), lineOfPath(text, at)),
      ),
  };
}

/** Everything but the outcomes. @param file the place of a run */
export function readRunSubmission(root: string, file: string): { readonly submission: Submission } | Refused {
  const read = readContent(root, file, anyRunFileSchema);
  if ('problems' in read) return read;
  const { handle, stem } = placeOf(file)!;
  const { text, content: stored } = read;
  return { submission: { file, handle, stem, text, stored, run: expandRun(stored), outcomes: null } };
}

interface WithOutcomes {
  readonly submission: Submission;
  readonly problems: readonly Problem[];
}

/** Adds the outcomes that lie beside run files, and says why there are none. */
export async function withOutcomes(
  root: string,
  submissions: readonly Submission[],
  reader: OutcomeReader,
): Promise<readonly WithOutcomes[]> {
  const places = submissions.map(({ file }) => file.replace(/\.json$/, '.parquet'));
  const faults = places.map((file) => fileFault(root, file, OUTCOME_LIMITS.bytes));
  const present = places.filter((_, index) => faults[index] === null);
  const read = await reader.readAll(present.map((file) => path.join(root, file)));
  const outcomes = new Map(present.map((file, index) => [file, read[index]!]));
  return submissions.map((submission, index): WithOutcomes => {
    const refuse = refusalsOf(places[index]!);
    const fault = faults[index];
    if (fault) return { submission, problems: [refuse(fault.rule, fault.found, fault.fix)] };
    const found = outcomes.get(places[index]!)!;
    if (!('faults' in found)) return { submission: { ...submission, outcomes: found }, problems: [] };
    const fix = 'Write it again with pnpm submission new.';
    return { submission, problems: found.faults.map((one) => refuse('outcomes', inert(one), fix)) };
  });
}

export const inertPath = (at: readonly PropertyKey[]): string => inertText(formatPath(at));
