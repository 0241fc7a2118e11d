/** What a branch changes in the data folder, from git. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { submissionErrors } from '../../errors/submission.ts';
import { isKept } from '../read/places.ts';

const run = promisify(execFile);

export interface Change {
  /** As git names it: added, modified, deleted, renamed, copied, or of another type (a link or submodule). */
  readonly status: 'A' | 'M' | 'D' | 'R' | 'C' | 'T' | 'U' | 'X';
  /** Relative to the repository, as it is called now. */
  readonly file: string;
  /** What a renamed or copied file was called; else null. */
  readonly from: string | null;
}

/** No hook, pager, filter or diff driver of the checkout runs. */
const SAFE = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '--no-pager'];

/**
 * Changes of the checkout in `root` since it left `reference`, with what is not committed yet and files that git does not
 * know yet.
 * @throws submission/git where there is no such commit, or no git
 */
export async function changesSince(root: string, reference: string): Promise<readonly Change[]> {
  const git = async (...args: readonly string[]) => {
    try {
      const { stdout } = await run('git', [...SAFE, ...args], { cwd: root, maxBuffer: 2 ** 26 });
      return stdout;
    } catch (error) {
      const reason = ((error as { stderr?: string }).stderr ?? (error as Error).message)
        .trim()
        .split('\n')[0]!;
      throw submissionErrors.git(root, `what changed since ${JSON.stringify(reference)}`, reason);
    }
  };
  const commit = await git('rev-parse', '--verify', '--end-of-options', `${reference}^{commit}`);
  const base = await git('merge-base', commit.trim(), 'HEAD');
  const options = ['--name-status', '-z', '--find-renames', '--no-ext-diff', '--no-textconv', '--no-color'];
  const changed = parseNameStatus(await git('diff', ...options, base.trim(), '--'));
  const unknown = (await git('ls-files', '--others', '--exclude-standard', '-z', '--', 'data')).split('\0');
  return [...changed, ...unknown.filter((file) => file !== '').map(added)];
}

const added = (file: string): Change => ({ status: 'A', file, from: null });

/** Reads what `git diff --name-status -z` writes: status, NUL, name, NUL, and a second name after R and C. */
export function parseNameStatus(output: string): readonly Change[] {
  const parts = output.split('\0');
  const changes: Change[] = [];
  for (let i = 0; i + 1 < parts.length; ) {
    const status = parts[i]![0] as Change['status'];
    const isMove = status === 'R' || status === 'C';
    changes.push({ status, file: parts[i + (isMove ? 2 : 1)]!, from: isMove ? parts[i + 1]! : null });
    i += isMove ? 3 : 2;
  }
  return changes;
}

/** Results and trust records whose content is new. */
export function addedFiles(changes: readonly Change[]): readonly string[] {
  return changes.filter(({ file, status }) => isKept(file) && status !== 'D').map(({ file }) => file);
}
