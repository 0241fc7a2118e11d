/** `pnpm submission check`: every problem of the results that a branch brings, or of any others, at once. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { submissionErrors } from '../errors/submission.ts';
import { addedFiles, type Change, changesSince } from './check/changes.ts';
import { checkFiles, type Report } from './check/check-files.ts';
import { problemsOfChanges } from './check/run-rules.ts';
import type { SubmissionCommand } from './command.ts';
import { formatProblem } from './problem.ts';

const HELP = `pnpm submission check [file …]
pnpm submission check --changed-since origin/main

Checks results as the pull request's check does, and tells every problem at once. Without files: all of data/results and data/trust.

  --changed-since REF  only what this branch changes since it left REF, and how it changes it
  --handle NAME        of whoever sends the change: results have to lie in their folder
  --root DIR           another checkout, whose files are read and whose code is not run
  --json               the report as JSON
`;

const OPTIONS = {
  'changed-since': { type: 'string' },
  handle: { type: 'string' },
  root: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const check: SubmissionCommand = {
  summary: 'checks results as the pull request will',
  help: HELP,
  async run(args, around) {
    const { values, positionals } = parse(args);
    const root = path.resolve(around.cwd, values.root ?? around.root);
    const changes = await changesOf(root, positionals, values['changed-since'] ?? null);
    const files = changes === null ? namedFiles(root, positionals, around.cwd) : addedFiles(changes);
    const checked = await checkFiles(root, files, around.now());
    const problems = [...problemsOfChanges(changes ?? [], values.handle ?? null), ...checked.problems];
    const report: Report = { ...checked, problems };
    around.write(values.json === true ? `${JSON.stringify(report, null, 1)}\n` : describe(report));
    return report.problems.some(({ severity }) => severity === 'refused') ? 1 : 0;
  },
};

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw submissionErrors.arguments('check', [(error as Error).message]);
  }
}

async function changesOf(
  root: string,
  named: readonly string[],
  since: string | null,
): Promise<readonly Change[] | null> {
  if (since === null) return null;
  if (named.length > 0)
    throw submissionErrors.arguments('check', ['Give files or --changed-since, not both.']);
  return changesSince(root, since);
}

/** Null for all results. */
function namedFiles(root: string, named: readonly string[], cwd: string): readonly string[] | null {
  if (named.length === 0) return null;
  return named.map((file) => path.relative(root, path.resolve(cwd, file)).split(path.sep).join('/'));
}

/** The report for a terminal. */
export function describe({ files, cells, problems }: Report): string {
  const refused = problems.filter(({ severity }) => severity === 'refused').length;
  const flagged = problems.length - refused;
  const lines = problems.map((problem) => `${formatProblem(problem)}\n`).join('');
  const verdict = refused > 0 ? 'Refused' : 'Accepted';
  return `${lines}${verdict}: ${files.length} files with ${cells} cells, ${refused} problems, ${flagged} for a person to look at.\n`;
}
