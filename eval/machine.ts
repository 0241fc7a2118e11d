/** What a run says about the machine and the code it ran on. */
import os from 'node:os';
import path from 'node:path';
import { $ } from 'zx';
import type { Manifest } from '../data/schema.ts';

/** The project's root folder, absolute. */
export const PROJECT_ROOT = path.resolve(import.meta.dirname, '..');

/** Folders and files whose content decides what a run computes. */
const CODE = ['eval', 'kernels', 'data/*.ts', 'package.json', 'pnpm-lock.yaml'];

/** GPU and driver are null: the engines of this pipeline do not report them. */
export function describeMachine(): Manifest['machine'] {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    gpu: null,
    driver: null,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
  };
}

/** Commit and state of the code in `root`; a null commit where that folder is not the top of a git checkout. */
export async function describeCode(
  root: string,
): Promise<{ code_commit: string | null; code_dirty: boolean }> {
  const git = $({ cwd: root, quiet: true, nothrow: true });
  const top = await git`git rev-parse --show-toplevel`;
  const commit = await git`git rev-parse --verify HEAD`;
  // A folder inside somebody else's repository would otherwise get that repository's commit.
  const isTop = top.ok && path.resolve(top.stdout.trim()) === path.resolve(root);
  if (!isTop || !commit.ok) return { code_commit: null, code_dirty: false };
  const status = await git`git status --porcelain -- ${CODE}`;
  return { code_commit: commit.stdout.trim(), code_dirty: !status.ok || status.stdout.trim() !== '' };
}
