/** Every message about building, loading and calling the kernel library. */
import { BitlossError } from '../../data/errors.ts';

const indented = (lines: readonly string[]) => lines.map((line) => `\n  ${line}`).join('');

const REBUILD = 'Run pnpm kernels.';

export const buildErrors = {
  noNvcc: (searched: readonly string[]) =>
    new BitlossError(
      'kernels/no-nvcc',
      `[kernels] nvcc was not found; searched: ${searched.join(', ')}.`,
      'Install the CUDA toolkit 12.4 or later, and put its bin folder on PATH or set CUDA_HOME to it.',
      { searched },
    ),
  noCompiler: (tried: readonly string[]) =>
    new BitlossError(
      'kernels/no-compiler',
      `[kernels] no C++ compiler was found; tried: ${tried.join(', ')}.`,
      'Install g++ or clang++ (on Debian and Ubuntu: apt install g++), or name one in CXX.',
      { tried },
    ),
  compile: (compiler: string, file: string, lines: readonly string[]) =>
    new BitlossError(
      'kernels/compile',
      `[kernels] ${compiler} does not take ${file}:${indented(lines)}\n`,
      'If the source is unchanged, the compiler is probably too old; CUDA 12.4 and C++17 are needed.',
      { compiler, file, lines },
    ),
  vendorHeaders: (header: string) =>
    new BitlossError(
      'kernels/vendor-headers',
      `[kernels] the CUDA toolkit has no ${header}, so its cuBLAS or cuSOLVER part is not installed.`,
      'Install the full toolkit, or its packages libcublas-dev and libcusolver-dev (conda: libcublas-dev, libcusolver-dev).',
      { header },
    ),
  vendorLibraries: (library: string) =>
    new BitlossError(
      'kernels/vendor-libraries',
      `[kernels] the linker does not find ${library}, a library of the CUDA toolkit.`,
      'Install the full toolkit, or its packages libcublas-dev and libcusolver-dev (conda: libcublas-dev, libcusolver-dev).',
      { library },
    ),
  link: (compiler: string, lines: readonly string[]) =>
    new BitlossError(
      'kernels/link',
      `[kernels] ${compiler} cannot link the library:${indented(lines)}\n`,
      'Build from nothing with pnpm kernels --force; if that fails too, please report it.',
      { compiler, lines },
    ),
  architecture: (name: string) =>
    new BitlossError(
      'kernels/architecture',
      `[kernels] "${name}" is no architecture.`,
      'Give a list such as sm_80,sm_90a,compute_90: sm_… for machine code, compute_… for code that newer devices compile at start.',
      { name },
    ),
};

export const loadErrors = {
  notBuilt: (file: string, how: string) =>
    new BitlossError(
      'kernels/not-built',
      `[kernels] ${file}: the library has not been built.`,
      `Run ${how}.`,
      { file },
    ),
  stale: (file: string, built: string, sources: string) =>
    new BitlossError(
      'kernels/stale',
      `[kernels] ${file}: the library was built from other sources (${built}) than those in kernels/ (${sources}).`,
      REBUILD,
      { file, built, sources },
    ),
  cannotLoad: (file: string, why: string, cause?: unknown) =>
    new BitlossError(
      'kernels/cannot-load',
      `[kernels] ${file}: the library cannot be loaded: ${why}.`,
      'If a library of CUDA is missing, install the toolkit it was built with, or put its lib64 folder on LD_LIBRARY_PATH; else run pnpm kernels --force.',
      { file, why },
      cause,
    ),
  missingFunction: (name: string) =>
    new BitlossError(
      'kernels/missing-function',
      `[kernels] the library has no function ${name}, which kernels/bl.h declares.`,
      REBUILD,
      { name },
    ),
  noDevice: (why: string) =>
    new BitlossError(
      'kernels/no-device',
      `[kernels] there is no NVIDIA GPU that CUDA can use: ${why}.`,
      'Check nvidia-smi and CUDA_VISIBLE_DEVICES, or use the engine onnx with the provider cpu.',
      { why },
    ),
  driver: (why: string) =>
    new BitlossError(
      'kernels/driver',
      `[kernels] the driver does not fit the CUDA runtime of the library: ${why}.`,
      'Update the NVIDIA driver, or build with an older CUDA toolkit (pnpm kernels --force).',
      { why },
    ),
  capability: (why: string) =>
    new BitlossError(
      'kernels/capability',
      `[kernels] ${why}.`,
      'Use a GPU of the Ampere generation or later, or the engine onnx.',
      { why },
    ),
};

const called = (values: string) => (values === '' ? '' : ` Called with ${values}.`);

/** A failed call: `op` is the C function, `why` its bl_message(), `values` the arguments by name. */
export const callErrors = {
  shape: (op: string, why: string, values: string) =>
    new BitlossError(
      'kernels/shape',
      `[${op}] ${why}.${called(values)}`,
      'This is a mistake in the calling code; please report it with the model config.',
      { op, values },
    ),
  unsupported: (op: string, why: string, values: string) =>
    new BitlossError(
      'kernels/unsupported',
      `[${op}] ${why}.${called(values)}`,
      'Use another device or the engine onnx.',
      { op, values },
    ),
  device: (op: string, why: string, values: string) =>
    new BitlossError(
      'kernels/device',
      `[${op}] the device failed: ${why}.${called(values)}`,
      'The context is lost, and so is what was in device memory; start again. If it happens again, run with CUDA_LAUNCH_BLOCKING=1 and report the first failing call.',
      { op, values },
    ),
  outOfMemory: (op: string, why: string, numbers: { bytes: number; free: number; total: number }) =>
    new BitlossError(
      'kernels/out-of-memory',
      `[${op}] out of memory: ${why}.`,
      'Lower the memory the engine may use, or end other programs on this device (nvidia-smi lists them).',
      { op, ...numbers },
    ),
  library: (op: string, why: string, values: string) =>
    new BitlossError(
      'kernels/library',
      `[${op}] a library of CUDA failed: ${why}.${called(values)}`,
      'Check that driver and CUDA toolkit fit together; if they do, please report it.',
      { op, values },
    ),
  notPositive: (op: string, why: string, values: string) =>
    new BitlossError(
      'kernels/not-positive',
      `[${op}] ${why}.${called(values)}`,
      'Raise the damping, or calibrate with more tokens.',
      { op, values },
    ),
};
