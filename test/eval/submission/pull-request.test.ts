/** Sending a submission, with a real git and a `gh` that writes down how it was called. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byHand, isThere, open, type PullRequest } from '../../../eval/submission/new/pull-request.ts';

const request: PullRequest = {
  branch: 'submit/ada/run-1',
  title: "Ada's run",
  body: 'two lines\n$(touch injected)',
  files: ['data/results/ada/run-1.json'],
};
const searched = process.env['PATH'];

/** A repository with the file of the submission, and another change that is not part of it. */
function repository(): string {
  const root = mkdtempSync(join(tmpdir(), 'bitloss-pull-request-'));
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root });
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', 'Ada');
  git('config', 'user.email', 'ada@example.org');
  writeFileSync(join(root, 'other.txt'), 'before\n');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  writeFileSync(join(root, 'other.txt'), 'after\n');
  mkdirSync(join(root, 'data/results/ada'), { recursive: true });
  writeFileSync(join(root, 'data/results/ada/run-1.json'), '{}\n');
  return root;
}

/** Puts a `gh` in front of all others that notes its arguments, one a line of JSON, and ends with a status. */
function withGh(status: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'bitloss-gh-'));
  const calls = join(folder, 'calls.json');
  const script = `require('node:fs').writeFileSync(${JSON.stringify(calls)}, JSON.stringify(process.argv.slice(2))); process.exit(${status});`;
  writeFileSync(join(folder, 'gh.cjs'), script);
  writeFileSync(join(folder, 'gh'), `#!/bin/sh\nexec "${process.execPath}" "${folder}/gh.cjs" "$@"\n`, {
    mode: 0o755,
  });
  process.env['PATH'] = `${folder}${delimiter}${searched}`;
  return calls;
}

describe('a pull request', () => {
  let root: string;
  beforeEach(() => {
    root = repository();
  });
  afterEach(() => {
    process.env['PATH'] = searched;
  });
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

  it('has a branch with one commit of its files and nothing else, and is opened by gh as it is written', () => {
    const calls = withGh(0);
    expect(isThere('gh')).toBe(true);
    open(request, root);
    expect(git('branch', '--show-current')).toBe(request.branch);
    expect(git('show', '--name-only', '--format=%s', 'HEAD')).toBe(
      `${request.title}\n\n${request.files.join('\n')}`,
    );
    expect(git('rev-list', '--count', 'main..HEAD')).toBe('1');
    expect(git('status', '--porcelain')).toBe('M other.txt');
    const called = JSON.parse(readFileSync(calls, 'utf8')) as readonly string[];
    expect(called).toEqual(['pr', 'create', '--title', request.title, '--body', request.body]);
  });

  it('that gh does not open says which command failed; the commit stays', () => {
    withGh(4);
    expect(() => open(request, root)).toThrow(/gh pr create[\s\S]*status 4/);
    expect(git('rev-list', '--count', 'main..HEAD')).toBe('1');
  });

  it('by hand is the same up to the commit, quoted for a shell', () => {
    const lines = byHand(request)
      .split('\n')
      .map((line) => line.trim());
    const commands = lines.filter((line) => line.startsWith('git ') && !line.startsWith('git push'));
    for (const command of commands) execFileSync('sh', ['-c', command], { cwd: root });
    expect(git('log', '-1', '--format=%s')).toBe(request.title);
    expect(lines).toContain(`git push -u origin ${request.branch}`);
  });
});
