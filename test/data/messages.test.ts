import { expect, it } from 'vitest';
import * as messages from '../../data/database/messages.ts';

const path = 'data/bitloss.duckdb';
const cause = new Error(
  'IO Error: Could not set lock on file "x": Conflicting lock is held in node (PID 42) by me\nmore',
);

it('what the database says when something is wrong', () => {
  const said = [
    messages.missing(path),
    messages.locked(path, cause),
    messages.locked(path, new Error('being used by another process')),
    messages.damaged(path, new Error('not a valid DuckDB database file!')),
    messages.outdated(path),
    messages.otherRuns(path, new Error('a row for local_run lacks the column seed')),
    messages.cannotWrite(path, new Error('No space left on device')),
  ].map(({ code, message }) => `${code}: ${message}`);
  expect(said.join('\n')).toMatchInlineSnapshot(`
    "database/missing: [database] data/bitloss.duckdb: no such file. Make it from the data files with \`pnpm build\`, or measure something with \`pnpm eval\`.
    database/locked: [database] data/bitloss.duckdb: another process (PID 42) has it open for writing. Wait until it ends, or end it, and try again; nothing was changed.
    database/locked: [database] data/bitloss.duckdb: another process has it open for writing. Wait until it ends, or end it, and try again; nothing was changed.
    database/damaged: [database] data/bitloss.duckdb: not a database that can be read (not a valid DuckDB database file!). Move the file away and build again: everything in it is made from files under data/, local runs included.
    database/outdated: [database] data/bitloss.duckdb: a database, but without the tables of this version. Build it again with \`pnpm build\`.
    database/other-runs: [database] data/bitloss.duckdb: the runs stored in it have the columns of another version (a row for local_run lacks the column seed). Move the file away and build again; runs under data/local are then read from their files.
    database/cannot-write: [database] data/bitloss.duckdb: it cannot be written (No space left on device). Check that the folder is writable and the disk has room; what was there before is as it was."
  `);
});
