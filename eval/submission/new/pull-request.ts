/** Commits the files of a submission on a branch of their own and opens the pull request. */
import { spawnSync } from 'node:child_process';
import { submissionErrors } from '../../errors/submission.ts';

export interface PullRequest {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
  readonly files: readonly string[];
}

/** True where a program can be started. */
export function isThere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** The commands in their order; `gh` asks where to push and offers a fork. */
export function commandsOf({ branch, title, body, files }: PullRequest): readonly (readonly string[])[] {
  return [
    ['git', 'switch', '-c', branch],
    ['git', 'add', '--', ...files],
    ['git', 'commit', '-m', title, '--', ...files],
    ['gh', 'pr', 'create', '--title', title, '--body', body],
  ];
}

/** What to type where `gh` is missing or was not wanted. */
export function byHand(request: PullRequest): string {
  const git = commandsOf(request).slice(0, 3).map(quoted);
  return [
    'By hand, in your fork of the repository:',
    ...git.map((line) => `  ${line}`),
    `  git push -u origin ${request.branch}`,
    `and open the pull request on GitHub with the title "${request.title}".\n`,
  ].join('\n');
}

/** @throws submission/tool where one of the commands fails */
export function open(request: PullRequest, cwd: string): void {
  for (const command of commandsOf(request)) {
    const [program, ...args] = command;
    const { status, error } = spawnSync(program!, args, { cwd, stdio: 'inherit' });
    if (status !== 0) throw submissionErrors.tool(quoted(command), error?.message ?? `status ${status}`);
  }
}

function quoted(command: readonly string[]): string {
  return command
    .map((word) => (/^[\w./:=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
