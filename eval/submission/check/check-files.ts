/** Checks run files of a checkout against every rule and against each other, and the records about them. */
import { globSync } from 'node:fs';
import path from 'node:path';
import { type Catalogues, readCatalogues } from '../../../data/database/catalogues.ts';
import { Problems } from '../../../data/database/problems.ts';
import type { Problem } from '../problem.ts';
import { isTrust, placeOf, RESULTS, TRUST } from '../read/places.ts';
import { claimProblems } from './claims.ts';
import { placeProblems } from './place-rule.ts';
import { Published } from './published.ts';
import { readRunSubmission } from './read-submission.ts';
import type { Around, Submission } from './rule.ts';
import { checkSubmissions } from './run-rules.ts';
import { type Subject, trustProblems } from './trust-records.ts';

export interface Report {
  /** Relative to the repository, sorted. */
  readonly files: readonly string[];
  readonly cells: number;
  readonly problems: readonly Problem[];
}

/** Of more files, intervals are compared with their normal approximation: drawing takes 5 ms each. */
const FEW = 20;

/**
 * @param root  of the checkout, absolute; its catalogues say what is known, this code says what is allowed
 * @param files relative to it; null means every result
 * @throws data/malformed where a catalogue of the checkout is broken
 */
export async function checkFiles(root: string, files: readonly string[] | null, now: Date): Promise<Report> {
  const everything = [...filesBelow(root, RESULTS), ...filesBelow(root, TRUST)];
  const asked = new Set(files ?? everything);
  const problems: Problem[] = [...placeProblems(asked, new Set(everything))];
  const { submissions, published, subjects } = readRuns(
    root,
    new Set([...everything, ...asked]),
    asked,
    problems,
  );
  const around: Around = {
    catalogues: cataloguesOf(root),
    published,
    now,
    intervals: submissions.length <= FEW ? 'exact' : 'bounded',
  };
  problems.push(...(await checkSubmissions(root, submissions, around)));
  const claims = [...asked].filter((file) => placeOf(file)?.kind === 'claim');
  problems.push(...claims.flatMap((file) => claimProblems(root, file, around.catalogues)));
  const records = new Set([...everything, ...asked].filter(isTrust));
  problems.push(...trustProblems(root, records, asked, subjects, now));
  return {
    files: [...asked].sort(),
    cells: submissions.reduce((sum, { run }) => sum + run.cells.length, 0),
    problems: problems.sort((a, b) => a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0)),
  };
}

/** Links too, which a rule refuses. */
function filesBelow(root: string, folder: string): readonly string[] {
  return globSync(`${folder}/**`, { cwd: root, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/** Every run and what is known by them; of those that are asked for, the problems of reading. */
function readRuns(
  root: string,
  files: Iterable<string>,
  asked: ReadonlySet<string>,
  problems: Problem[],
): {
  readonly submissions: readonly Submission[];
  readonly published: Published;
  readonly subjects: ReadonlyMap<string, Subject>;
} {
  const published = new Published();
  const submissions: Submission[] = [];
  const subjects = new Map<string, Subject>();
  for (const file of files) {
    const place = placeOf(file);
    if (place?.kind === 'claim') subjects.set(place.stem, { handle: place.handle, begins: 'claimed' });
    if (place?.kind !== 'run') continue;
    const read = readRunSubmission(root, file);
    if ('submission' in read) {
      const { run } = read.submission;
      published.add(file, run);
      const begins = run.cells.some((cell) => 'items' in cell && cell.items !== null)
        ? 'recomputed'
        : 'valid';
      subjects.set(run.run.run_id, { handle: place.handle, begins });
    }
    if (!asked.has(file)) continue;
    if ('submission' in read) submissions.push(read.submission);
    else problems.push(...read.problems);
  }
  return { submissions, published, subjects };
}

export function cataloguesOf(root: string): Catalogues {
  const problems = new Problems();
  const catalogues = readCatalogues(path.join(root, 'data'), problems);
  problems.throwIfAny();
  return catalogues;
}
