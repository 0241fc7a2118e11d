/** `pnpm submission new`: makes the files of a submission, shows and checks them, and opens the pull request. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { checkFiles, type Report } from './check/check-files.ts';
import { describe } from './check-command.ts';
import type { SubmissionCommand, SubmissionSurroundings } from './command.ts';
import { fromOutputs } from './new/from-outputs.ts';
import { fromRuns, type Written } from './new/from-runs.ts';
import { HELP, readOptions } from './new/options.ts';
import { byHand, isThere, open, type PullRequest } from './new/pull-request.ts';

export const newCommand: SubmissionCommand = {
  summary: 'makes a submission from runs of this machine or the output of other tools',
  help: HELP,
  async run(args, around) {
    const options = readOptions(args);
    const { root, cwd, write, now } = around;
    const written =
      options.conversion === null
        ? await fromRuns(root, options.handle, options.runs)
        : fromOutputs(root, cwd, options.handle, options.conversion, now().toISOString().slice(0, 10));
    write(`${written.summary.join('\n')}\n\n`);
    const report = await checkFiles(root, written.files, now());
    write(describe(report));
    if (report.problems.some(({ severity }) => severity === 'refused')) {
      for (const file of written.added) rmSync(path.join(root, file));
      write('Nothing was kept; make it again when this is mended.\n');
      return 1;
    }
    write(`\n${written.files.map((file) => `  ${file}`).join('\n')}\n\n`);
    if (options.pullRequest) await send(requestOf(written, report), options.yes, around);
    return 0;
  },
};

function requestOf({ files, summary, title }: Written, { problems }: Report): PullRequest {
  const [first] = files;
  const [, , handle, name] = first!.split('/');
  const flagged = problems.map(({ found, fix }) => `- ${found}. ${fix}`);
  return {
    branch: `submit/${handle}/${name!.replace(/(\.claim)?\.json$/, '')}`,
    title,
    body: ['```', ...summary, '```', ...(flagged.length === 0 ? [] : ['', 'To look at:', ...flagged])].join(
      '\n',
    ),
    files,
  };
}

async function send(request: PullRequest, yes: boolean, around: SubmissionSurroundings): Promise<void> {
  if (
    !isThere('gh') ||
    !(yes || (await around.ask('Commit on a branch and open the pull request with gh?')))
  ) {
    around.write(byHand(request));
    return;
  }
  open(request, around.root);
}
