/** A library that fits neither the sources nor bl.h is refused. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLibrary } from '../../eval/engines/cuda/library.ts';
import { ROOT } from '../../eval/engines/cuda/sources.ts';
import { findCompiler, runProgram } from '../../eval/engines/cuda/toolchain.ts';

const compiler = await findCompiler(process.env, ROOT);

/** A library with bl_build() and nothing else. */
async function build(text: string): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'library-')), 'lib.so');
  const parameters = ['-std=c++17', '-shared', '-fPIC', `-DBL_BUILD="${text}"`, 'kernels/context/build.cpp'];
  expect(await runProgram(compiler, [...parameters, '-o', file], ROOT)).toMatchObject({ code: 0 });
  return file;
}

test('other sources', async () => {
  const file = await build('0123 nvcc sm_90a');
  expect(() => openLibrary(file, '4567')).toThrow(
    /was built from other sources \(0123\) than those in kernels\/ \(4567\)\. Run pnpm kernels\./,
  );
});

test('a function that bl.h declares is not there', async () => {
  const file = await build('4567 nvcc sm_90a');
  const library = openLibrary(file, '4567');
  expect(library.build).toBe('4567 nvcc sm_90a');
  expect(() => library.functionOf('norm')).toThrow(/no function bl_norm, which kernels\/bl\.h declares/);
});
