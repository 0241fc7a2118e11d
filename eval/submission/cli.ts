/** `pnpm submission`: reads the arguments and ends the process; everything else is in `commands.ts`. */
import { createInterface } from 'node:readline/promises';
import { BitlossError } from '../../data/errors.ts';
import { exitStatus } from '../cli/status.ts';
import { PROJECT_ROOT } from '../machine.ts';
import { submissionCommand } from './commands.ts';

/** Anything but y and yes is no. */
async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${question} [y/N] `).finally(() => lines.close());
  return /^y(es)?$/i.test(answer.trim());
}

try {
  process.exitCode = await submissionCommand(process.argv.slice(2), {
    root: PROJECT_ROOT,
    cwd: process.cwd(),
    write: (text) => void process.stdout.write(text),
    now: () => new Date(),
    ask,
  });
} catch (error) {
  if (!(error instanceof BitlossError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = exitStatus(error);
}
