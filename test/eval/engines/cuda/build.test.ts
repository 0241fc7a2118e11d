/** Building with compilers that are scripts: what is compiled again, and what is said when something is missing. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  type BuildOptions,
  buildKernels,
  buildReference,
  LIBRARY,
} from '../../../../eval/engines/cuda/build.ts';
import { openLibrary } from '../../../../eval/engines/cuda/library.ts';
import { sourcesHash, withIncludes } from '../../../../eval/engines/cuda/sources.ts';

let root: string;
let options: BuildOptions;

function write(file: string, text: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A compiler that writes its parameters to the output it is asked for, after `before`. */
function writeCompiler(name: string, before = ''): void {
  const script = `#!/bin/sh
[ "$1" = --version ] && { echo "${name} 1.0"; exit 0; }
[ "$1" = --dryrun ] && { echo '#$ LIBRARIES=  "-L/cuda/lib/stubs" "-L/cuda/lib"'; exit 0; }
echo "$@" >> ${root}/calls
${before}
while [ $# -gt 1 ]; do [ "$1" = -o ] && echo made > "$2"; shift; done
`;
  write(`bin/${name}`, script);
  chmodSync(join(root, 'bin', name), 0o755);
}

const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kernels-'));
  const environment = { PATH: `${root}/bin` };
  options = { root, environment, jobs: 2, force: false, log: () => {} };
  write('kernels/bl.h', 'int bl_x(void);');
  write('kernels/a/a.cu', '#include "../shared.cuh"\n#include <map>\n');
  write('kernels/a/reference.h', '#include "../bl.h"\n');
  write('kernels/b/b.cu', '#include "b.cuh"\n');
  write('kernels/b/b.cuh', '');
  write('kernels/shared.cuh', '#include "bl.h"\n');
});

test('includes are followed, those of the system are not', () => {
  expect(withIncludes('kernels/a/a.cu', root)).toEqual([
    'kernels/a/a.cu',
    'kernels/bl.h',
    'kernels/shared.cuh',
  ]);
});

test('only what has changed is compiled again', async () => {
  writeCompiler('nvcc');
  const build = () => buildKernels(['sm_90a', 'compute_90'], options);
  expect(await build()).toEqual({ compiled: 2, reused: 0, file: LIBRARY });
  expect(await build()).toMatchObject({ compiled: 0, reused: 2 });
  write('kernels/bl.h', 'int bl_y(void);');
  expect(await build()).toMatchObject({ compiled: 1, reused: 1 });
  expect(await buildKernels(['sm_80'], options)).toMatchObject({ compiled: 2 });
  expect(await buildKernels(['sm_80'], { ...options, force: true })).toMatchObject({ compiled: 2 });
});

test('the library knows its sources, and where those of CUDA are', async () => {
  writeCompiler('nvcc');
  await buildKernels(['sm_90a', 'compute_90'], options);
  expect(calls()[0]).toContain(
    '-gencode=arch=compute_90a,code=sm_90a -gencode=arch=compute_90,code=compute_90',
  );
  expect(calls().at(-1)).toContain(`-DBL_BUILD="${sourcesHash(root)} nvcc 1.0 sm_90a,compute_90"`);
  expect(calls().at(-1)).toContain('-rpath=/cuda/lib ');
});

test('what is missing or wrong is said', async () => {
  const failure = (build: Promise<unknown>) =>
    build.then(
      () => undefined,
      ({ code }) => code,
    );
  options = { ...options, environment: { PATH: `${root}/bin`, CUDA_HOME: '/none' } };
  writeCompiler('nvcc', 'echo "a.cu(1): error: wrong" >&2; exit 2');
  await expect(buildKernels(['sm_90a'], options)).rejects.toThrow(
    /takes? kernels\/..*:\n {2}a\.cu\(1\): error: wrong\n/,
  );
  writeCompiler('nvcc', 'echo "a.cu:1: fatal error: cublasLt.h: No such file or directory" >&2; exit 1');
  expect(await failure(buildKernels(['sm_90a'], options))).toBe('kernels/vendor-headers');
  writeCompiler('nvcc', '[ "$1" = -shared ] && { echo "ld: cannot find -lcusolver: No such" >&2; exit 1; }');
  expect(await failure(buildKernels(['sm_90a'], options))).toBe('kernels/vendor-libraries');
  writeCompiler('nvcc', '[ "$1" = -shared ] && { echo "ld: out of space" >&2; exit 1; }');
  expect(await failure(buildKernels(['sm_90a'], options))).toBe('kernels/link');
  expect(await failure(buildKernels(['hopper'], options))).toBe('kernels/architecture');
});

test('the references need a C++ compiler only, named by CXX or found', async () => {
  writeCompiler('my-c++');
  const environment = { PATH: '/none', CXX: join(root, 'bin', 'my-c++') };
  expect(await buildReference({ ...options, environment })).toMatchObject({ compiled: 1 });
});

test('a library that is not there or no library is not loaded', () => {
  expect(() => openLibrary(join(root, LIBRARY), '')).toThrow(
    /libbitloss\.so: the library has not been built\. Run pnpm kernels\./,
  );
  write(LIBRARY, 'no library');
  expect(() => openLibrary(join(root, LIBRARY), '')).toThrow(
    /cannot be loaded: .*(too short|invalid ELF header)/,
  );
});
