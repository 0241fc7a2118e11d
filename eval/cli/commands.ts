/** Sub-commands of `pnpm eval`, by their first word; without one it is a sweep. */
import type { Surroundings } from '../sweep.ts';
import { REPRODUCE_HELP, reproduceCommand } from '../verify/reproduce-command.ts';
import { SPOT_CHECK_HELP, spotCheckCommand } from '../verify/spot-check-command.ts';

interface Command {
  /** Everything that `--help` prints. */
  readonly help: string;
  run(args: readonly string[], around: Surroundings): Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  reproduce: { help: REPRODUCE_HELP, run: reproduceCommand },
  'spot-check': { help: SPOT_CHECK_HELP, run: spotCheckCommand },
};

/** Takes what follows the first word and returns the exit status; null where the word is none of the sub-commands. */
export function findCommand(
  word: string | undefined,
): ((args: readonly string[], around: Surroundings) => Promise<number>) | null {
  if (word === undefined || !Object.hasOwn(commands, word)) return null;
  const { help, run } = commands[word]!;
  return async (args, around) => {
    if (!args.includes('--help') && !args.includes('-h')) return run(args, around);
    around.output.write(help);
    return 0;
  };
}
