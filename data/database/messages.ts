/** What the database tells people when something is wrong. */
import { BitlossError } from '../errors.ts';

export function missing(path: string): BitlossError {
  return new BitlossError(
    'database/missing',
    `[database] ${path}: no such file.`,
    'Make it from the data files with `pnpm build`, or measure something with `pnpm eval`.',
    { path },
  );
}

export function locked(path: string, cause: Error): BitlossError {
  const holder = /PID (\d+)/.exec(cause.message)?.[1];
  const who = holder === undefined ? 'another process' : `another process (PID ${holder})`;
  return new BitlossError(
    'database/locked',
    `[database] ${path}: ${who} has it open for writing.`,
    'Wait until it ends, or end it, and try again; nothing was changed.',
    { path, pid: holder === undefined ? null : Number(holder) },
    cause,
  );
}

export function damaged(path: string, cause: unknown): BitlossError {
  return new BitlossError(
    'database/damaged',
    `[database] ${path}: not a database that can be read (${firstLine(cause)}).`,
    'Move the file away and build again: everything in it is made from files under data/, local runs included.',
    { path },
    cause,
  );
}

export function outdated(path: string): BitlossError {
  return new BitlossError(
    'database/outdated',
    `[database] ${path}: a database, but without the tables of this version.`,
    'Build it again with `pnpm build`.',
    { path },
  );
}

export function otherRuns(path: string, cause: unknown): BitlossError {
  return new BitlossError(
    'database/other-runs',
    `[database] ${path}: the runs stored in it have the columns of another version (${firstLine(cause)}).`,
    'Move the file away and build again; runs under data/local are then read from their files.',
    { path },
    cause,
  );
}

export function cannotWrite(path: string, cause: unknown): BitlossError {
  return new BitlossError(
    'database/cannot-write',
    `[database] ${path}: it cannot be written (${firstLine(cause)}).`,
    'Check that the folder is writable and the disk has room; what was there before is as it was.',
    { path },
    cause,
  );
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split('\n')[0];
}
