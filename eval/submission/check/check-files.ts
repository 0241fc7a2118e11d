/** Checks run files of a checkout against every rule and against each other. */
import { globSync } from 'node:fs';
import path from 'node:path';
import { type Catalogues, readCatalogues } from '../../../data/database/catalogues.ts';
import { lineOfPath } from '../../../data/database/json-lines.ts';
import { Problems } from '../../../data/database/problems.ts';
import { OutcomeReader } from '../../store/outcome-file.ts';
import type { Problem } from '../problem.ts';
import { placeOf, RESULTS } from '../read/places.ts';
import { changeRules } from './change-rules.ts';
import type { Change } from './changes.ts';
import { claimProblems } from './claims.ts';
import { rules } from './index.ts';
import { placeProblems } from './place-rule.ts';
import { Published } from './published.ts';
import { inertPath, readRunSubmission, withOutcomes } from './read-submission.ts';
import type { Around, Finding, Rule, Submission } from './rule.ts';

export interface Report {
  /** Relative to the repository, sorted. */
  readonly files: readonly string[];
  readonly cells: number;
  readonly problems: readonly Problem[];
}

/** Of more files, intervals are compared with their normal approximation: drawing takes 5 ms each. */
const FEW = 20;
const LANES = 3;

/**
 * @param root  of the checkout, absolute; its catalogues say what is known, this code says what is allowed
 * @param files relative to it; null means every result
 * @throws data/malformed where a catalogue of the checkout is broken
 */
export async function checkFiles(root: string, files: readonly string[] | null, now: Date): Promise<Report> {
  const everything = globSync(`${RESULTS}/**`, { cwd: root, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const asked = new Set(files ?? everything);
  const published = new Published();
  const submissions: Submission[] = [];
  const problems: Problem[] = [...placeProblems(asked, new Set(everything))];
  for (const file of new Set([...everything, ...asked])) {
    if (placeOf(file)?.kind !== 'run') continue;
    const read = readRunSubmission(root, file);
    if ('submission' in read) published.add(file, read.submission.run);
    if (!asked.has(file)) continue;
    if ('submission' in read) submissions.push(read.submission);
    else problems.push(...read.problems);
  }
  const around: Around = {
    catalogues: cataloguesOf(root),
    published,
    now,
    intervals: submissions.length <= FEW ? 'exact' : 'bounded',
  };
  problems.push(...(await checkSubmissions(root, submissions, around)));
  const claims = [...asked].filter((file) => placeOf(file)?.kind === 'claim');
  problems.push(...claims.flatMap((file) => claimProblems(root, file, around.catalogues)));
  return {
    files: [...asked].sort(),
    cells: submissions.reduce((sum, { run }) => sum + run.cells.length, 0),
    problems: problems.sort((a, b) => a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0)),
  };
}

export function cataloguesOf(root: string): Catalogues {
  const problems = new Problems();
  const catalogues = readCatalogues(path.join(root, 'data'), problems);
  problems.throwIfAny();
  return catalogues;
}

async function checkSubmissions(
  root: string,
  submissions: readonly Submission[],
  around: Around,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const rest = submissions.values();
  // Files are read by native threads while rules look at others.
  const lane = async () => {
    const reader = await OutcomeReader.open(path.join(root, RESULTS));
    try {
      for (const one of rest) problems.push(...(await checkSubmission(root, one, around, reader)));
    } finally {
      reader.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, submissions.length) }, lane));
  return problems;
}

/** What the rules say about a run and the outcomes beside it. @param root absolute */
export async function checkSubmission(
  root: string,
  submission: Submission,
  around: Around,
  reader: OutcomeReader,
): Promise<readonly Problem[]> {
  const read = await withOutcomes(root, submission, reader);
  return [...read.problems, ...rules.flatMap((rule) => problemsOf(rule, read.submission, around))];
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
