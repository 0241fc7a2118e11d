import { expect, test } from 'vitest';
import { parseArguments } from '../../../eval/cli/arguments.ts';
import { OPTIONS } from '../../../eval/cli/options.ts';

test('repeated options and lists with commas add up', () => {
  const { values, switches, problems } = parseArguments([
    '-m',
    'a',
    '--model=b',
    '--recipe',
    'fp16, rtn-w4g128',
    '--seed',
    '-3',
    '--dry-run',
    '-n',
  ]);
  expect(problems).toEqual([]);
  expect(values.get('model')).toEqual(['a', 'b']);
  expect(values.get('recipe')).toEqual(['fp16', 'rtn-w4g128']);
  expect(values.get('seed')).toEqual(['-3']);
  expect([...switches]).toEqual(['dry-run']);
});

test('every problem is told at once, with the nearest known option', () => {
  const { problems } = parseArguments([
    '--recipies',
    'rtn',
    '--task',
    '--limit',
    '3',
    '--limit',
    '4',
    '--keep=yes',
    '--zebra',
    '--data=',
    '--db',
  ]);
  expect(problems).toMatchInlineSnapshot(`
    [
      "unknown option --recipies. Did you mean "--recipe"?",
      "--task needs a value: --task TASK.",
      "--keep is a switch and takes no value, got "yes".",
      "unknown option --zebra.",
      "--data needs a value: --data DIR.",
      "--db needs a value: --db FILE.",
    ]
  `);
});

test('names and short forms are unique', () => {
  const names = OPTIONS.map(({ name }) => name);
  const shorts = OPTIONS.flatMap(({ short }) => short ?? []);
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(shorts).size).toBe(shorts.length);
});
