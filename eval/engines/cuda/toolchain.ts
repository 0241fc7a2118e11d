/** Finds the compilers and runs them. */
import { type ExecFileException, execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildErrors } from '../../errors/kernels.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Outcome {
  readonly code: number;
  /** Standard output and error, in lines, without empty ones. */
  readonly lines: readonly string[];
}

/** Runs a program to its end; a program that cannot be started has code −1. */
export function runProgram(program: string, parameters: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((done) => {
    execFile(program, [...parameters], { cwd, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
      done({ code: error === null ? 0 : codeOf(error), lines });
    });
  });
}

const codeOf = (error: ExecFileException) => (typeof error.code === 'number' ? error.code : -1);

/**
 * nvcc from PATH, CUDA_HOME, CUDA_PATH or /usr/local/cuda, in this order.
 * @throws kernels/no-nvcc
 */
export function findNvcc(environment: Environment): string {
  const onPath = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const homes = [environment['CUDA_HOME'], environment['CUDA_PATH'], '/usr/local/cuda'];
  const folders = [...onPath, ...homes.flatMap((home) => (home ? [join(home, 'bin')] : []))];
  const found = folders.map((folder) => join(folder, 'nvcc')).find(isRunnable);
  if (found !== undefined) return found;
  const named = ['CUDA_HOME', 'CUDA_PATH'].map((name) => `${name} (${environment[name] ?? 'not set'})`);
  throw buildErrors.noNvcc(['PATH', ...named, '/usr/local/cuda']);
}

function isRunnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The first C++ compiler that answers: CXX, c++, g++, clang++.
 * @throws kernels/no-compiler
 */
export async function findCompiler(environment: Environment, cwd: string): Promise<string> {
  const tried = [...new Set([environment['CXX'], 'c++', 'g++', 'clang++'])].filter(
    (name) => !!name,
  ) as string[];
  for (const name of tried) if ((await runProgram(name, ['--version'], cwd)).code === 0) return name;
  throw buildErrors.noCompiler(tried);
}

/** Where nvcc finds its libraries, from what it would do; undefined where it does not say. */
export async function toolkitLibraries(nvcc: string, cwd: string): Promise<string | undefined> {
  const { lines } = await runProgram(
    nvcc,
    ['--dryrun', '-x', 'cu', '-c', '/dev/null', '-o', '/dev/null'],
    cwd,
  );
  const line = lines.find((text) => text.startsWith('#$ LIBRARIES='));
  return line
    ?.match(/"-L([^"]+)"/g)
    ?.map((part) => part.slice(3, -1))
    .find((folder) => !folder.endsWith('stubs'));
}
