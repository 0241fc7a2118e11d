/** Every message of `pnpm submission` that is not a problem of a submission. */
import { BitlossError } from '../../data/errors.ts';

export const submissionErrors = {
  command: (name: string, suggestion: string, known: readonly string[]) =>
    new BitlossError(
      'cli/command',
      `[submission] unknown command "${name}".${suggestion === '' ? '' : ` ${suggestion}`} Known: ${known.join(', ')} (${known.length}).`,
      'See pnpm submission --help.',
      { name },
    ),
  /** @param problems full sentences, all of them */
  arguments: (command: string, problems: readonly string[]) =>
    new BitlossError(
      'cli/arguments',
      `[submission ${command}] ${problems.join(' ')}`,
      `See pnpm submission ${command} --help.`,
      { problems },
    ),
  git: (root: string, what: string, reason: string) =>
    new BitlossError(
      'submission/git',
      `[submission] ${root}: git cannot say ${what}, ${reason}.`,
      'Run it in a clone of the repository, with the branch to compare with fetched: git fetch origin main.',
      { root },
    ),
};
