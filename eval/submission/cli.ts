/** `pnpm submission`: reads the arguments and ends the process; everything else is in `commands.ts`. */
import { BitlossError } from '../../data/errors.ts';
import { exitStatus } from '../cli/status.ts';
import { PROJECT_ROOT } from '../machine.ts';
import { submissionCommand } from './commands.ts';

try {
  process.exitCode = await submissionCommand(process.argv.slice(2), {
    root: PROJECT_ROOT,
    cwd: process.cwd(),
    write: (text) => void process.stdout.write(text),
    now: () => new Date(),
  });
} catch (error) {
  if (!(error instanceof BitlossError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = exitStatus(error);
}
