/** `pnpm submission check`: every problem of the results that a branch brings, or of any others, at once. */
import { parseArgs } from 'node:util';
import { submissionErrors } from '../errors/submission.ts';
import { ASKED_HELP, ASKED_OPTIONS, checkAsked, isRefused } from './asked.ts';
import type { Report } from './check/check-files.ts';
import type { SubmissionCommand } from './command.ts';
import { formatProblem } from './problem.ts';

const HELP = `pnpm submission check [file …]
pnpm submission check --changed-since origin/main

Checks results as the pull request's check does, and tells every problem at once. Without files: all of data/results and data/trust.

${ASKED_HELP}  --json               the report as JSON
`;

const OPTIONS = { ...ASKED_OPTIONS, json: { type: 'boolean' } } as const;

export const check: SubmissionCommand = {
  summary: 'checks results as the pull request will',
  help: HELP,
  async run(args, around) {
    const { values, positionals } = parse(args);
    const asked = {
      files: positionals,
      changedSince: values['changed-since'] ?? null,
      handle: values.handle ?? null,
      root: values.root ?? null,
    };
    const { report } = await checkAsked('check', asked, around);
    around.write(values.json === true ? `${JSON.stringify(report, null, 1)}\n` : describe(report));
    return isRefused(report) ? 1 : 0;
  },
};

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw submissionErrors.arguments('check', [(error as Error).message]);
  }
}

/** The report for a terminal. */
export function describe({ files, cells, problems }: Report): string {
  const refused = problems.filter(({ severity }) => severity === 'refused').length;
  const flagged = problems.length - refused;
  const lines = problems.map((problem) => `${formatProblem(problem)}\n`).join('');
  const verdict = refused > 0 ? 'Refused' : 'Accepted';
  return `${lines}${verdict}: ${files.length} files with ${cells} cells, ${refused} problems, ${flagged} for a person to look at.\n`;
}
