import { expect, it } from 'vitest';
import { addedFiles, parseNameStatus } from '../../../eval/submission/check/changes.ts';

it('reads what git writes, renames and copies with both their names', () => {
  const result = 'data/results/a/b.json';
  const changes = parseNameStatus(['M', 'x y', 'R090', 'old', result, 'D', result, 'A', 'z', ''].join('\0'));
  expect(changes).toEqual([
    { status: 'M', file: 'x y', from: null },
    { status: 'R', file: result, from: 'old' },
    { status: 'D', file: result, from: null },
    { status: 'A', file: 'z', from: null },
  ]);
  expect(addedFiles(changes)).toEqual([result]);
  expect(parseNameStatus('')).toEqual([]);
});
