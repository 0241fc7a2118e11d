/** What `--stats` refuses, and what it says when models fail. */
import { expect, test } from 'vitest';
import { parseArguments } from '../../../eval/cli/arguments.ts';
import { statsProblems } from '../../../eval/cli/stats-command.ts';
import { calibrationErrors } from '../../../eval/errors/calibration.ts';
import { cliErrors } from '../../../eval/errors/cli.ts';
import { tensorErrors } from '../../../eval/errors/tensors.ts';

test('options of a sweep do not go with it, all told at once', () => {
  const given = parseArguments([
    '--stats',
    '--suite',
    'zoo',
    '--recipe',
    'rtn-w4',
    '--model',
    'x',
    '--limit',
    '3',
    '--dry-run',
  ]);
  expect(statsProblems(given)).toEqual([
    '--suite does not go with --stats, which looks at models as they are released.',
    '--recipe does not go with --stats, which looks at models as they are released.',
    '--limit does not go with --stats, which looks at models as they are released.',
    '--dry-run does not go with --stats, which looks at models as they are released.',
  ]);
  expect(statsProblems(parseArguments(['--recipe', 'rtn-w4', '--limit', '3']))).toEqual([]);
  expect(statsProblems(parseArguments(['--stats', '--calibration-samples', '3', '--save', 'me']))).toEqual(
    [],
  );
});

test('one failed model is its own message, several are told together', () => {
  const problems = [calibrationErrors.tooLong(600, 512), tensorErrors.notObserved('layers.0.q')];
  expect(cliErrors.statistics(problems.slice(0, 1), 1)).toBe(problems[0]);
  expect(cliErrors.statistics(problems, 3).message).toMatchInlineSnapshot(`
    "[tensors] 2 of 3 models could not be measured:
      - [calibration] samples of 600 tokens are longer than the 512 positions of the model. Set --calibration-length to at most 512, or leave it out.
      - [tensors] layers.0.q: the engine did not report the inputs of this linear. This is a fault of the engine; give another one with --engine.
     The files of the others were written."
  `);
});
