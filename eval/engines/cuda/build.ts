/** Builds kernels/build/: the device library with nvcc, and the host references with any C++ compiler. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildErrors } from '../../errors/kernels.ts';
import { hashFiles, kernelFiles, sourcesHash, withIncludes } from './sources.ts';
import { findCompiler, findNvcc, runProgram, toolkitLibraries } from './toolchain.ts';

export const LIBRARY = 'kernels/build/libbitloss.so';
export const REFERENCE = 'kernels/build/libbitloss-reference.so';
const OBJECTS = 'kernels/build/objects';

/** Machine code for Ampere, Ada and Hopper, and PTX that later generations compile at start. */
export const ARCHITECTURES: readonly string[] = ['sm_80', 'sm_89', 'sm_90a', 'compute_90'];

export interface BuildOptions {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Compilers that run at a time. */
  readonly jobs: number;
  /** Compiles everything, also what has not changed. */
  readonly force: boolean;
  readonly log: (line: string) => void;
}

/** One compiler call; what it makes is named by a hash of everything that decides its content. */
interface Unit {
  readonly source: string;
  readonly object: string;
  readonly parameters: readonly string[];
}

export interface Built {
  readonly compiled: number;
  readonly reused: number;
  readonly file: string;
}

/**
 * The device library from kernels/<op>/*.cu.
 * @param architectures such as sm_90a (machine code) or compute_90 (PTX)
 * @throws kernels/no-nvcc, kernels/architecture, kernels/compile, kernels/link, kernels/vendor-headers, kernels/vendor-libraries
 */
export async function buildKernels(architectures: readonly string[], options: BuildOptions): Promise<Built> {
  const { root, environment, jobs } = options;
  const generated = architectures.map(codeFor);
  const nvcc = findNvcc(environment);
  const version = (await runProgram(nvcc, ['--version'], root)).lines.at(-1)!;
  // With few files for many cores, the architectures of one file are compiled side by side too.
  const threads = jobs >= 8 ? architectures.length : 1;
  const flags = ['-std=c++17', '-O3', '-Xcompiler', '-fPIC,-fvisibility=hidden', ...generated];
  const own = [environment['NVCC_PREPEND_FLAGS'] ?? '', environment['NVCC_APPEND_FLAGS'] ?? ''];
  const units = kernelFiles('*/*.cu', root).map((source) =>
    unitOf(source, [...flags, '-c'], [version, ...own], options),
  );
  const result = await compileAll(nvcc, units, ['--threads', String(threads)], options);
  const build = `${sourcesHash(root)} ${version} ${architectures.join(',')}`;
  await linkKernels(nvcc, build, units, options);
  return { ...result, file: LIBRARY };
}

function codeFor(architecture: string): string {
  const [, kind, number] = /^(sm|compute)_(\d+[af]?)$/.exec(architecture) ?? [];
  if (kind === undefined) throw buildErrors.architecture(architecture);
  return `-gencode=arch=compute_${number},code=${kind}_${number}`;
}

function unitOf(
  source: string,
  flags: readonly string[],
  others: readonly string[],
  options: BuildOptions,
): Unit {
  const hash = hashFiles(withIncludes(source, options.root), [...flags, ...others], options.root);
  const [, op] = source.split('/');
  const object = `${OBJECTS}/${op}-${basename(source)}-${hash}.o`;
  return { source, object, parameters: [...flags, source, '-o', object] };
}

async function compileAll(
  compiler: string,
  units: readonly Unit[],
  flags: readonly string[],
  options: BuildOptions,
) {
  mkdirSync(join(options.root, OBJECTS), { recursive: true });
  const missing = units.filter(({ object }) => options.force || !existsSync(join(options.root, object)));
  const queue = missing.values();
  const worker = async () => {
    for (const unit of queue) await compile(compiler, unit, flags, options);
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, missing.length) }, worker));
  return { compiled: missing.length, reused: units.length - missing.length };
}

async function compile(
  compiler: string,
  unit: Unit,
  flags: readonly string[],
  options: BuildOptions,
): Promise<void> {
  const { root, log } = options;
  const started = performance.now();
  // A killed compiler must not leave half an object under the final name.
  const partial = `${unit.object}.${process.pid}.partial.o`;
  const { code, lines } = await runProgram(
    compiler,
    [...flags, ...unit.parameters.slice(0, -1), partial],
    root,
  );
  if (code !== 0) throw compileError(compiler, unit.source, lines);
  for (const line of lines) log(line);
  removeOlder(unit, root);
  renameSync(join(root, partial), join(root, unit.object));
  log(`${unit.source} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

function compileError(compiler: string, source: string, lines: readonly string[]) {
  const missing = lines
    .map((line) => /(cublas\w*\.h|cusolver\w*\.h)\W*: No such file/.exec(line)?.[1])
    .find(Boolean);
  if (missing !== undefined) return buildErrors.vendorHeaders(missing);
  return buildErrors.compile(basename(compiler), source, lines.slice(0, 40));
}

/** Objects of the same source from other contents or flags. */
function removeOlder({ object }: Unit, root: string): void {
  const stem = basename(object).replace(/-[0-9a-f]+\.o$/, '-');
  for (const name of readdirSync(join(root, OBJECTS)))
    if (name.startsWith(stem) && /^[0-9a-f]+\.o$/.test(name.slice(stem.length)))
      rmSync(join(root, OBJECTS, name), { force: true });
}

async function linkKernels(
  nvcc: string,
  build: string,
  units: readonly Unit[],
  options: BuildOptions,
): Promise<void> {
  const libraries = await toolkitLibraries(nvcc, options.root);
  const parameters = [
    ...['-shared', '-cudart', 'static', '-Xcompiler', '-fPIC,-fvisibility=hidden', `-DBL_BUILD="${build}"`],
    ...['kernels/context/build.cpp', ...units.map(({ object }) => object)],
    ...['-lcublas', '-lcublasLt', '-lcusolver'],
    ...(libraries === undefined ? [] : ['-Xlinker', `-rpath=${libraries}`]),
  ];
  await link(nvcc, parameters, LIBRARY, options);
}

async function link(compiler: string, parameters: readonly string[], file: string, options: BuildOptions) {
  // Programs that have the old library open keep it: the new one is another file.
  const partial = `${file}.${process.pid}.partial.so`;
  const { code, lines } = await runProgram(compiler, [...parameters, '-o', partial], options.root);
  if (code !== 0) throw linkError(compiler, lines);
  renameSync(join(options.root, partial), join(options.root, file));
}

function linkError(compiler: string, lines: readonly string[]) {
  const missing = lines.map((line) => /cannot find -l(cu\w+)/.exec(line)?.[1]).find(Boolean);
  if (missing !== undefined) return buildErrors.vendorLibraries(`lib${missing}`);
  return buildErrors.link(basename(compiler), lines.slice(0, 40));
}

/**
 * The host references from kernels/<op>/reference.h.
 * @throws kernels/no-compiler, kernels/compile, kernels/link
 */
export async function buildReference(options: BuildOptions): Promise<Built> {
  const { root, environment } = options;
  const compiler = await findCompiler(environment, root);
  const version = (await runProgram(compiler, ['--version'], root)).lines[0]!;
  // Contraction would fuse multiply and add where the reference says to round in between.
  const flags = [
    '-std=c++17',
    '-O2',
    '-ffp-contract=off',
    '-Wall',
    '-fPIC',
    '-fvisibility=hidden',
    '-x',
    'c++',
    '-c',
  ];
  const units = kernelFiles('*/reference.h', root).map((source) => unitOf(source, flags, [version], options));
  const result = await compileAll(compiler, units, [], options);
  await link(compiler, ['-shared', ...units.map(({ object }) => object)], REFERENCE, options);
  return { ...result, file: REFERENCE };
}
