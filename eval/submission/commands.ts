/** The sub-commands of `pnpm submission`, by name. */

import { submissionErrors } from '../errors/submission.ts';
import { didYouMean } from '../nearest.ts';
import { check } from './check-command.ts';
import type { SubmissionCommand, SubmissionSurroundings } from './command.ts';
import { newCommand } from './new-command.ts';
import { report } from './report-command.ts';

export const commands: Readonly<Record<string, SubmissionCommand>> = { new: newCommand, check, report };

/** @throws submission/command for one that does not exist, and whatever the command throws */
export async function submissionCommand(
  args: readonly string[],
  around: SubmissionSurroundings,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h') {
    around.write(overview());
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands);
    throw submissionErrors.command(name, didYouMean(name, known), known);
  }
  const command = commands[name]!;
  if (rest.includes('--help') || rest.includes('-h')) {
    around.write(command.help);
    return 0;
  }
  return command.run(rest, around);
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `pnpm submission <command> …\n\n${lines.join('\n')}\n\npnpm submission <command> --help says more.\n`;
}
