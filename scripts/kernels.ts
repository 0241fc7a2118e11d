/** `pnpm kernels`: builds the CUDA library, and with --reference the host references that need no CUDA. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BitlossError } from '../data/errors.ts';
import {
  ARCHITECTURES,
  type BuildOptions,
  buildKernels,
  buildReference,
} from '../eval/engines/cuda/build.ts';
import { ROOT } from '../eval/engines/cuda/sources.ts';

const HELP = `pnpm kernels [--arch LIST] [--reference] [--force] [--jobs N]

Builds kernels/build/libbitloss.so with nvcc; only what has changed is compiled.
  --arch LIST   what code is made for (default ${ARCHITECTURES.join(',')})
  --reference   builds the host references instead, with a C++ compiler and without CUDA
  --force       compiles everything
  --jobs N      compilers at a time (default: the number of cores)
nvcc is taken from PATH, CUDA_HOME, CUDA_PATH or /usr/local/cuda; NVCC_APPEND_FLAGS adds flags.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: ARCHITECTURES.join(',') },
      reference: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const options: BuildOptions = {
    root: ROOT,
    environment: process.env,
    jobs: Math.max(1, Number(values.jobs) || 1),
    force: values.force,
    log: (line) => console.log(line),
  };
  const started = performance.now();
  const built = values.reference ? buildReference(options) : buildKernels(values.arch.split(','), options);
  const { compiled, reused, file } = await built;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${file}: ${compiled} files compiled, ${reused} unchanged, ${seconds} s`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BitlossError) && !(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
