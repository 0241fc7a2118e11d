/** Every message of `pnpm eval reproduce` and `pnpm eval spot-check`. */
import { BitlossError } from '../../data/errors.ts';
import { didYouMean } from '../nearest.ts';

const list = (lines: readonly string[]) => lines.map((line) => `\n  - ${line}`).join('');

export const verifyErrors = {
  /** @param problems full sentences, all of them */
  arguments: (command: string, problems: readonly string[]) =>
    new BitlossError(
      'cli/arguments',
      `[${command}] ${problems.length === 1 ? problems[0] : `${problems.length} problems with the arguments:${list(problems)}\n`}`,
      `See pnpm eval ${command} --help.`,
      { problems },
    ),
  unknown: (name: string, known: readonly string[]) =>
    new BitlossError(
      'verify/unknown',
      [
        `[verify] "${name}" is no run file, no published run and no row of the board.`,
        didYouMean(name, known),
      ]
        .join(' ')
        .trimEnd(),
      `Give a file such as data/local/RUN/run.json, the id of one of the ${known.length} runs below data/results, or the 16 digits that a row has on its page.`,
      { name },
    ),
  settings: (run: string, problems: readonly string[]) =>
    new BitlossError(
      'verify/settings',
      `[verify] ${run}: the settings of the run cannot be used here: ${problems.join('; ')}.`,
      'Use the version of the code that the manifest names.',
      { run, problems },
    ),
  noWeights: (run: string, source: string) =>
    new BitlossError(
      'verify/no-weights',
      `[verify] ${run}: the weights of ${source} are not here.`,
      'Get them and name their folder with --model DIR; nothing was computed.',
      { run, source },
    ),
  weights: (run: string, there: string, here: string) =>
    new BitlossError(
      'verify/weights',
      `[verify] ${run}: the weights here are not those of the run: SHA-256 ${there} there, ${here} here.`,
      'Get the same files and name their folder with --model DIR; nothing was computed.',
      { run, there, here },
    ),
  inputs: (run: string, changed: readonly string[]) =>
    new BitlossError(
      'verify/inputs',
      `[verify] ${run}: the inputs here are not those of the run:${list(changed)}\n`,
      'Get the same files, and name their places with --model and --data; nothing was computed.',
      { run, changed },
    ),
  data: (run: string, folder: string) =>
    new BitlossError(
      'verify/data',
      `[verify] ${run}: the run read its tasks from the folder ${folder}, which is not here.`,
      'Name the folder with the same data sets: --data DIR; nothing was computed.',
      { run, folder },
    ),
  nothing: (run: string, reasons: readonly string[]) =>
    new BitlossError(
      'verify/nothing',
      `[verify] ${run}: nothing in it can be measured here:${list(reasons)}\n`,
      'Check out the code commit that the manifest names.',
      { run, reasons },
    ),
  /** @param allowed states that may follow */
  transition: (subject: string, from: string, to: string, allowed: readonly string[]) =>
    new BitlossError(
      'verify/transition',
      `[verify] ${subject} is ${from}, which ${to} cannot follow.`,
      allowed.length === 0 ? 'A withdrawn result never comes back.' : `These can: ${allowed.join(', ')}.`,
      { subject, from, to },
    ),
  settles: (subject: string) =>
    new BitlossError(
      'verify/settles',
      `[verify] ${subject} is disputed, and numbers that come out again need not settle that.`,
      'Say with --reason TEXT what settled the dispute; nothing was written.',
      { subject },
    ),
  notPublished: (file: string) =>
    new BitlossError(
      'verify/not-published',
      `[verify] ${file}: a record is about a published run, and this one is not below data/results.`,
      'Leave --handle out to compare without a record, or publish the run first: pnpm submission new.',
      { file },
    ),
  noDispute: (subject: string) =>
    new BitlossError(
      'verify/no-dispute',
      `[verify] ${subject}: the numbers agree within noise, or how large that is is not known; there is nothing to dispute.`,
      'Leave --dispute out; another doubt than about the numbers is a record written by hand, see docs/submitting.md.',
      { subject },
    ),
  noRuns: (known: readonly string[]) =>
    new BitlossError(
      'verify/no-runs',
      '[spot-check] nothing is left to check.',
      `Name a run with --run, such as ${known[0] ?? 'one below data/results'}; --dry-run tells what was left out and why.`,
    ),
};
