/** `pnpm test`: format, lint and types, then every test that a machine without a GPU can run. All steps run; any failure fails. */
import { $, chalk, echo } from 'zx';

$.stdio = 'inherit';
$.nothrow = true;

const files = process.argv.slice(2);
const steps: Record<string, readonly string[]> = {
  'format and lint': ['biome', 'check', '.'],
  types: ['tsc', '--noEmit'],
  tests: ['vitest', 'run', '--project', 'unit', '--project', 'native', '--project', 'browser', ...files],
};

echo('Not run here: the gpu tier, which needs an NVIDIA GPU (pnpm test:gpu).');
let failed = false;
for (const [name, command] of Object.entries(steps)) {
  const { exitCode } = await $`${command}`;
  if (exitCode !== 0) echo(chalk.red(`${name}: failed`));
  failed ||= exitCode !== 0;
}
process.exitCode = failed ? 1 : 0;
