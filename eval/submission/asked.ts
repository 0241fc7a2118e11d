/** What `check` and `report` are asked about, and what the rules say about it. */
import path from 'node:path';
import { submissionErrors } from '../errors/submission.ts';
import { addedFiles, type Change, changesSince } from './check/changes.ts';
import { checkFiles, type Report } from './check/check-files.ts';
import { problemsOfChanges } from './check/run-rules.ts';
import type { SubmissionSurroundings } from './command.ts';

/** Options of both commands, for `parseArgs`. */
export const ASKED_OPTIONS = {
  'changed-since': { type: 'string' },
  handle: { type: 'string' },
  root: { type: 'string' },
} as const;

export const ASKED_HELP = `  --changed-since REF  only what this branch changes since it left REF, and how it changes it
  --handle NAME        of whoever sends the change: results have to lie in their folder
  --root DIR           another checkout, whose files are read and whose code is not run
`;

export interface Asked {
  /** As they were given; empty: see `changedSince`. */
  readonly files: readonly string[];
  readonly changedSince: string | null;
  readonly handle: string | null;
  readonly root: string | null;
}

/** @throws cli/arguments where both files and a commit are given, submission/git, data/malformed */
export async function checkAsked(
  command: string,
  { files, changedSince, handle, root: other }: Asked,
  around: SubmissionSurroundings,
): Promise<{ readonly root: string; readonly report: Report }> {
  const root = path.resolve(around.cwd, other ?? around.root);
  if (changedSince !== null && files.length > 0)
    throw submissionErrors.arguments(command, ['Give files or --changed-since, not both.']);
  const changes: readonly Change[] | null =
    changedSince === null ? null : await changesSince(root, changedSince);
  const asked = changes === null ? namedFiles(root, files, around.cwd) : addedFiles(changes);
  const checked = await checkFiles(root, asked, around.now());
  const problems = [...problemsOfChanges(changes ?? [], handle), ...checked.problems];
  return { root, report: { ...checked, problems } };
}

/** Null for all results. */
function namedFiles(root: string, named: readonly string[], cwd: string): readonly string[] | null {
  if (named.length === 0) return null;
  return named.map((file) => path.relative(root, path.resolve(cwd, file)).split(path.sep).join('/'));
}

export const isRefused = ({ problems }: Report): boolean =>
  problems.some(({ severity }) => severity === 'refused');
