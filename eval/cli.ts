/** `pnpm eval`: the only reader of arguments and environment, and the only place that ends the process. */
import path from 'node:path';
import { BitlossError } from '../data/errors.ts';
import { hubEnvironment } from './checkpoint/hub.ts';
import { parseArguments } from './cli/arguments.ts';
import { evalCommand } from './cli/command.ts';
import { findCommand } from './cli/commands.ts';
import { exitStatus } from './cli/status.ts';
import { PROJECT_ROOT } from './machine.ts';
import type { Surroundings } from './sweep.ts';

const INTERRUPTED = 130;

// A worker whose parent was killed would go on measuring for nobody.
process.once('disconnect', () => process.exit(INTERRUPTED));
process.channel?.unref();

const write = (text: string) => void process.stdout.write(text);

const around: Surroundings = {
  root: PROJECT_ROOT,
  cwd: process.cwd(),
  dataFolder: path.join(PROJECT_ROOT, 'data'),
  hub: hubEnvironment(process.env),
  now: () => new Date(),
  log: (line) => write(`${line}\n`),
  output: {
    write,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    clock: () => performance.now(),
  },
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    write('\nStopped. Finished cells are stored; the same command goes on from here.\n');
    process.exit(INTERRUPTED);
  });
}

try {
  const [first, ...rest] = process.argv.slice(2);
  const command = findCommand(first);
  process.exitCode =
    command === null
      ? await evalCommand(parseArguments(process.argv.slice(2)), around)
      : await command(rest, around);
} catch (error) {
  if (!(error instanceof BitlossError)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = exitStatus(error);
}
