import { expect, test } from 'vitest';
import { diskFault, isPassing, runErrors, storeErrors } from '../../../eval/errors/run.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the system's words, write '/x'`), { code });
}

test.each([
  ['ENOSPC', 'store/disk-full'],
  ['EDQUOT', 'store/disk-full'],
  ['EROFS', 'store/read-only'],
  ['EACCES', 'store/read-only'],
  ['ENOTDIR', 'store/read-only'],
  ['EIO', 'store/disk'],
])('%s is %s', (code, expected) => {
  expect(diskFault('/results', systemError(code)).code).toBe(expected);
});

test("DuckDB's words for the same faults", () => {
  const duck = (words: string) => diskFault('/results/b.duckdb', new Error(words)).code;
  expect(duck('IO Error: Could not write file "b.duckdb.wal": No space left on device')).toBe(
    'store/disk-full',
  );
  expect(duck('IO Error: Cannot open file "x.parquet": Read-only file system')).toBe('store/read-only');
  expect(duck('IO Error: Cannot open file "x.parquet": Permission denied')).toBe('store/read-only');
  expect(duck('IO Error: Could not read enough bytes from file')).toBe('store/disk');
});

test('an error of the project passes through', () => {
  const error = storeErrors.exists('/x');
  expect(diskFault('/results', error)).toBe(error);
});

test('faults of the moment are measured again, others stay', () => {
  const codes = ['store/disk-full', 'compress/write', 'system/out-of-memory', 'ENOMEM', 'EIO'];
  expect(codes.filter(isPassing)).toEqual(codes);
  expect(
    ['method/group-size', 'task/not-finite', 'run/unexpected', 'run/invalid-result'].filter(isPassing),
  ).toEqual([]);
});

test('messages', () => {
  const messages = [
    diskFault('data/local', systemError('ENOSPC')),
    diskFault('data/local', systemError('EROFS')),
    diskFault('data/local', systemError('EIO')),
    storeErrors.items(
      'data/local/r/items/fp16.piqa.parquet',
      new Error('IO Error: No magic bytes found\nmore'),
    ),
    storeErrors.runFile('data/local/r/run.json', ['run.seed: expected number', 'cells: expected array']),
    storeErrors.exists('data/results/me/r.json'),
  ].map(({ code, message }) => `${code}: ${message}`);
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "store/disk-full: [store] data/local: the disk or its quota is full. Free some space and run the same command again; every finished cell is kept and is not measured twice.
    store/read-only: [store] data/local: nothing can be written here, the file system is read-only. Give another place with --out and --db, or change its permissions. Nothing stored earlier was changed.
    store/disk: [store] data/local: reading or writing failed, the system says "EIO: the system's words, write '/x'". Check the disk, then run the same command again; finished cells are kept.
    store/items: [store] data/local/r/items/fp16.piqa.parquet: the item outcomes of a finished cell cannot be read, IO Error: No magic bytes found. Delete the file; the cell is then measured again.
    store/run-file: [store] data/local/r/run.json: this is no complete run file:
      - run.seed: expected number
      - cells: expected array
     Delete it to measure its cells again, or restore it from a copy. It was not changed.
    store/exists: [store] data/results/me/r.json: another result of this run is there. Published results are not overwritten; delete it first if that is what you want."
  `);
});

test('errors of cells', () => {
  expect(runErrors.cell(new TypeError('x is undefined'))).toEqual({
    code: 'run/unexpected',
    message: 'x is undefined',
  });
  expect(runErrors.cell('odd')).toEqual({ code: 'run/unexpected', message: 'odd' });
  expect(runErrors.cell(new Error('long '.repeat(2000))).message).toHaveLength(4000);
  expect(runErrors.compression('rtn-w4', storeErrors.exists('/x')).message).toMatch(
    /^compression with rtn-w4 failed: \[store\]/,
  );
});
