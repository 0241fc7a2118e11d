/** Puts submissions before the rules, and changes before theirs. */
import path from 'node:path';
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { OutcomeReader } from '../../store/outcome-file.ts';
import type { Problem } from '../problem.ts';
import { RESULTS } from '../read/places.ts';
import { changeRules } from './change-rules.ts';
import type { Change } from './changes.ts';
import { rules } from './index.ts';
import { inertPath, withOutcomes } from './read-submission.ts';
import type { Around, Finding, Rule, Submission } from './rule.ts';

/** While native threads read the files of one lane, rules look at those of the other. */
const LANES = 2;
/** Read together. */
const BATCH = 32;

/** @param root absolute */
export async function checkSubmissions(
  root: string,
  submissions: readonly Submission[],
  around: Around,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const batches = Array.from({ length: Math.ceil(submissions.length / BATCH) }, (_, index) =>
    submissions.slice(index * BATCH, (index + 1) * BATCH),
  ).values();
  const lane = async () => {
    const reader = await OutcomeReader.open(path.join(root, RESULTS));
    try {
      for (const batch of batches) problems.push(...(await checkBatch(root, batch, around, reader)));
    } finally {
      reader.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, Math.ceil(submissions.length / BATCH)) }, lane));
  return problems;
}

/** What the rules say about runs and the outcomes beside them. @param root absolute */
export async function checkBatch(
  root: string,
  submissions: readonly Submission[],
  around: Around,
  reader: OutcomeReader,
): Promise<readonly Problem[]> {
  const read = await withOutcomes(root, submissions, reader);
  return read.flatMap(({ submission, problems }) => [
    ...problems,
    ...rules.flatMap((rule) => problemsOf(rule, submission, around)),
  ]);
}

/** What one rule says about one submission. */
function problemsOf(rule: Rule, submission: Submission, around: Around): readonly Problem[] {
  const { file, text } = submission;
  return [...rule.check(submission, around)].map((finding: Finding) => ({
    file,
    path: inertPath(finding.path),
    line: lineOfPath(text, finding.path),
    rule: rule.id,
    found: finding.found,
    fix: finding.fix,
    severity: finding.severity ?? rule.severity,
  }));
}

/** What the rules about changes say. */
export function problemsOfChanges(changes: readonly Change[], handle: string | null): readonly Problem[] {
  return changeRules.flatMap((rule) =>
    [...rule.check(changes, handle)].map(({ file, found, fix, severity = rule.severity }) => ({
      file,
      path: 'file',
      line: null,
      rule: rule.id,
      found,
      fix,
      severity,
    })),
  );
}
