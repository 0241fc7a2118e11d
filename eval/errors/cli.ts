/** Every message about what was asked for on the command line. */
import { BitlossError } from '../../data/errors.ts';
import { didYouMean } from '../nearest.ts';

export const cliErrors = {
  /** Several models or data sets that cannot be used; one alone is thrown as it is. */
  inputs: (problems: readonly BitlossError[]) =>
    problems.length === 1
      ? problems[0]!
      : new BitlossError(
          'cli/inputs',
          `[eval] ${problems.length} inputs cannot be used:${problems.map(({ message }) => `\n  - ${message}`).join('')}\n`,
          'Nothing was computed.',
          { codes: problems.map(({ code }) => code) },
        ),
  /** @param problems full sentences, all of them */
  arguments: (problems: readonly string[]) =>
    new BitlossError(
      'cli/arguments',
      `[eval] ${problems.length === 1 ? problems[0] : `${problems.length} problems with the arguments:${problems.map((problem) => `\n  - ${problem}`).join('')}\n`}`,
      'See pnpm eval --help.',
      { problems },
    ),
  /** Models whose tensors could not be measured; those of the others are stored. */
  statistics: (problems: readonly BitlossError[], models: number) =>
    models === 1
      ? problems[0]!
      : new BitlossError(
          'tensors/failed',
          `[tensors] ${problems.length} of ${models} models could not be measured:${problems.map(({ message }) => `\n  - ${message}`).join('')}\n`,
          'The files of the others were written.',
          { codes: problems.map(({ code }) => code) },
        ),
  emptyPlan: (exclusions: readonly string[]) =>
    new BitlossError(
      'cli/empty-plan',
      `[plan] nothing is left to measure:${exclusions.map((exclusion) => `\n  - ${exclusion}`).join('')}\n`,
      'Choose other models, recipes or tasks; pnpm eval --list shows what there is.',
    ),
};

/** One problem each, as a full sentence, for `cliErrors.arguments`. */
export const cliProblems = {
  value: (option: string, given: string, expected: string) =>
    `${option}: expected ${expected}, got "${given}".`,
  /** @param what such as `task` */
  unknownName: (option: string, what: string, name: string, known: readonly string[]) =>
    [
      `${option}: unknown ${what} "${name}".`,
      didYouMean(name, known),
      `Known: ${known.join(', ')} (${known.length}).`,
    ]
      .filter((part) => part !== '')
      .join(' '),
  recipe: (id: string, method: string, suggestion: string, known: readonly string[]) =>
    `--recipe: "${id}" names the method "${method}", which is not known. ${suggestion} Known: ${known.join(', ')} (${known.length}).`,
  model: (name: string, shipped: readonly string[]) =>
    [
      `--model: "${name}" is no folder, no shipped model and no Hugging Face id such as org/name.`,
      didYouMean(name, shipped),
      `Shipped: ${shipped.join(', ')} (${shipped.length}).`,
    ]
      .filter((part) => part !== '')
      .join(' '),
  notWithStats: (option: string) =>
    `--${option} does not go with --stats, which looks at models as they are released.`,
  taskNeedsData: (task: string) =>
    `--task ${task}: its texts are not part of the repository. Give their folder with --data DIR.`,
};
