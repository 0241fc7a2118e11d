/** What a run says about the machine and the code it ran on. */
import os from 'node:os';
import path from 'node:path';
import { $ } from 'zx';
import type { Manifest } from '../data/schema.ts';

/** The project's root folder, absolute. */
export const PROJECT_ROOT = path.resolve(import.meta.dirname, '..');

/** Folders and files whose content decides what a run computes. */
const CODE = ['eval', 'kernels', 'data/*.ts', 'package.json', 'pnpm-lock.yaml'];

/** GPU and driver are those that `nvidia-smi` names, null where there is none: ONNX Runtime does not report them. */
export async function describeMachine(): Promise<Manifest['machine']> {
  const cpus = os.cpus();
  const smi = await $({
    quiet: true,
    nothrow: true,
  })`nvidia-smi --query-gpu=name,driver_version --format=csv,noheader`;
  return {
    cpu: cpus[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    ...describeGpus(smi.ok ? smi.stdout : ''),
    // Builds of one kernel version differ in name only.
    os: `${os.type()} ${os.release().match(/^\d+\.\d+/)?.[0] ?? ''} ${os.arch()}`,
    node: process.version,
  };
}

/** Reads lines of `name, driver`; equal cards are counted: `2 × NVIDIA H200`. */
export function describeGpus(listing: string): Pick<Manifest['machine'], 'gpu' | 'driver'> {
  const cards = listing
    .split('\n')
    .filter((line) => line.includes(','))
    .map((line) => line.split(',').map((part) => part.trim()));
  if (cards.length === 0) return { gpu: null, driver: null };
  const counts = Map.groupBy(cards, ([name]) => name);
  const gpu = [...counts]
    .map(([name, same]) => (same.length === 1 ? name : `${same.length} × ${name}`))
    .join(', ');
  return { gpu, driver: cards[0][1] };
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
