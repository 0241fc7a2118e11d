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
  /** @param name of the file */
  output: (name: string, found: string, fix: string) =>
    new BitlossError('submission/output', `[submission new] ${name}: found ${found}.`, fix, { name }),
  /** @param problems full sentences, all of them */
  claimed: (problems: readonly string[]) =>
    new BitlossError(
      'submission/claimed',
      `[submission new] the outputs make no file of claimed rows:${problems.map((problem) => `\n  - ${problem}`).join('')}\n`,
      'Every recipe needs its 16-bit row: give the output of the uncompressed model with --output fp16=FILE.',
      { problems },
    ),
  noRun: (found: readonly string[]) =>
    new BitlossError(
      'submission/no-run',
      found.length === 0
        ? '[submission new] there is no run below data/local.'
        : `[submission new] which run? There are ${found.length} below data/local:${found.map((id) => `\n  ${id}`).join('')}\n`,
      found.length === 0
        ? 'Measure something first, such as pnpm eval --model bitloss-llama-0.5m --recipe fp16 --recipe rtn-w4g64.'
        : 'Name one or more, or give --all.',
    ),
  tool: (command: string, reason: string) =>
    new BitlossError(
      'submission/tool',
      `[submission new] ${command} ended with an error: ${reason}.`,
      'The files are written; go on by hand as docs/submitting.md says.',
      { command },
    ),
};
