/** `pnpm submission report`: what the reviewer of a pull request sees. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { submissionErrors } from '../errors/submission.ts';
import { ASKED_HELP, ASKED_OPTIONS, checkAsked, isRefused } from './asked.ts';
import type { SubmissionCommand } from './command.ts';
import { pagesOf, verdictChanges } from './report/changes.ts';
import { reportMarkdown } from './report/markdown.ts';
import { boardStates, type States } from './report/states.ts';

const HELP = `pnpm submission report file …
pnpm submission report --changed-since origin/main

Writes what results would change, as the comment on a pull request shows it: problems, new values with what they keep of
16 bit, ranks and ties, verdicts on claims, pages, and how to measure one cell again. Markdown.

${ASKED_HELP}  --out FILE           there instead of the terminal
  --pages FILE         the pages that change, one a line; none where something is refused
`;

const OPTIONS = { ...ASKED_OPTIONS, out: { type: 'string' }, pages: { type: 'string' } } as const;

export const report: SubmissionCommand = {
  summary: 'shows what results would change on the board',
  help: HELP,
  async run(args, around) {
    const { values, positionals: files } = parse(args);
    const changedSince = values['changed-since'] ?? null;
    if (files.length === 0 && changedSince === null)
      throw submissionErrors.arguments('report', ['Name the files, or give --changed-since REF.']);
    const asked = { files, changedSince, handle: values.handle ?? null, root: values.root ?? null };
    const { root, report: checked } = await checkAsked('report', asked, around);
    const states = isRefused(checked) ? null : await boardStates(root, checked.files);
    const text = reportMarkdown(checked, states);
    if (values.out === undefined) around.write(text);
    else writeFileSync(path.resolve(around.cwd, values.out), text);
    if (values.pages !== undefined) writeFileSync(path.resolve(around.cwd, values.pages), pagesText(states));
    return isRefused(checked) ? 1 : 0;
  },
};

function pagesText(states: States | null): string {
  if (states === null) return '';
  return pagesOf(states.changed, verdictChanges(states))
    .map((page) => `${page}\n`)
    .join('');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw submissionErrors.arguments('report', [(error as Error).message]);
  }
}
