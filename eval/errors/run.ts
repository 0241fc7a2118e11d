/** Every message about storing results and executing a plan. */
import { BitlossError } from '../../data/errors.ts';

export const storeErrors = {
  readOnly: (place: string, cause: unknown) =>
    new BitlossError(
      'store/read-only',
      `[store] ${place}: nothing can be written here, ${reasonOf(cause)}.`,
      'Give another place with --out and --db, or change its permissions. Nothing stored earlier was changed.',
      { place },
      cause,
    ),
  full: (place: string, cause: unknown) =>
    new BitlossError(
      'store/disk-full',
      `[store] ${place}: the disk or its quota is full.`,
      'Free some space and run the same command again; every finished cell is kept and is not measured twice.',
      { place },
      cause,
    ),
  disk: (place: string, cause: unknown) =>
    new BitlossError(
      'store/disk',
      `[store] ${place}: reading or writing failed, ${reasonOf(cause)}.`,
      'Check the disk, then run the same command again; finished cells are kept.',
      { place },
      cause,
    ),
  items: (file: string, cause: unknown) =>
    new BitlossError(
      'store/items',
      `[store] ${file}: the item outcomes of a finished cell cannot be read, ${messageOf(cause).split('\n')[0]}.`,
      'Delete the file; the cell is then measured again.',
      { file },
      cause,
    ),
  exists: (file: string) =>
    new BitlossError(
      'store/exists',
      `[store] ${file}: another result of this run is there.`,
      'Published results are not overwritten; delete it first if that is what you want.',
      { file },
    ),
  runFile: (file: string, problems: readonly string[]) =>
    new BitlossError(
      'store/run-file',
      `[store] ${file}: this is no complete run file:${problems.map((problem) => `\n  - ${problem}`).join('')}\n`,
      'Delete it to measure its cells again, or restore it from a copy. It was not changed.',
      { file, problems },
    ),
};

export const runErrors = {
  compression: (recipe: string, cause: unknown) => ({
    code: codeOf(cause),
    message: `compression with ${recipe} failed: ${messageOf(cause)}`.slice(0, 4000),
  }),
  invalidResult: (problems: readonly string[]) => ({
    code: 'run/invalid-result',
    message: `[run] the result cannot be stored: ${problems.join('; ')}.`.slice(0, 4000),
  }),
  cell: (cause: unknown) => ({ code: codeOf(cause), message: messageOf(cause).slice(0, 4000) }),
  workerLost: (end: string) => ({
    code: 'run/worker-lost',
    message: `[run] two processes in a row ended while they measured this cell, the last one ${end}. If the system ran out of memory, give --jobs a smaller number; --retry measures the cell again.`,
  }),
  incomplete: (missing: number, total: number) =>
    new BitlossError(
      'run/incomplete',
      `[run] ${missing} of ${total} cells were not measured, because the processes that should have done it ended early; their lines above say why.`,
      'Everything that was measured is stored: run the same command again to go on from there.',
      { missing, total },
    ),
};

/** True for a fault after which only a new process can use the device. */
export function isDeviceLost(cause: unknown): boolean {
  return cause instanceof BitlossError && cause.code === 'kernels/device';
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'EISDIR']);

/** The error of this project for a fault of the file system; errors of the project pass through unchanged. */
export function diskFault(place: string, cause: unknown): BitlossError {
  if (cause instanceof BitlossError) return cause;
  const code = systemCode(cause);
  const text = messageOf(cause);
  if (FULL.has(code) || /no space left on device|disk quota exceeded|not enough space/i.test(text)) {
    return storeErrors.full(place, cause);
  }
  if (READ_ONLY.has(code) || /read-only file system|permission denied/i.test(text)) {
    return storeErrors.readOnly(place, cause);
  }
  return storeErrors.disk(place, cause);
}

/** True for faults of this machine at this moment; a cell that failed with one is measured again by the next run. */
export function isPassing(code: string): boolean {
  const passing = ['compress/write', 'system/out-of-memory', 'kernels/out-of-memory'];
  return code.startsWith('store/') || passing.includes(code) || /^E[A-Z]{2,}$/.test(code);
}

function reasonOf(cause: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    EROFS: 'the file system is read-only',
    EACCES: 'permission is missing',
    EPERM: 'permission is missing',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'there is a file where a folder is needed',
    EISDIR: 'there is a folder where a file is needed',
  };
  return reasons[systemCode(cause)] ?? `the system says "${messageOf(cause)}"`;
}

function systemCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

function codeOf(cause: unknown): string {
  if (cause instanceof BitlossError) return cause.code;
  if (cause instanceof RangeError && /allocation|array buffer/i.test(cause.message))
    return 'system/out-of-memory';
  return systemCode(cause) || 'run/unexpected';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
