/** `pnpm test:gpu`: the tests that need an NVIDIA GPU and the built library; without them it says what is missing. */
import { $, chalk, echo } from 'zx';
import { deviceCount } from '../eval/engines/cuda/device.ts';

$.stdio = 'inherit';
$.nothrow = true;
$.preferLocal = true;

try {
  deviceCount();
} catch (error) {
  echo(chalk.yellow(`All GPU tests are skipped: ${error instanceof Error ? error.message : String(error)}`));
}
const { exitCode } =
  await $`vitest run --project gpu --maxWorkers 4 --passWithNoTests ${process.argv.slice(2)}`;
process.exitCode = exitCode ?? 1;
