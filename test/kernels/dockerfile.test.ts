/** The image itself is not built by tests: what can be checked without Docker. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const text = readFileSync(path.join(root, 'kernels/Dockerfile'), 'utf8');

/** Instructions with continued lines joined and comments left out. */
const instructions = text
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ')[0], rest: line.slice(line.indexOf(' ') + 1) }));

it('has only instructions that Docker knows, the first of them FROM an image with nvcc', () => {
  const known = ['FROM', 'COPY', 'RUN', 'WORKDIR', 'ENTRYPOINT', 'CMD'];
  expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
  expect(instructions[0].name).toBe('FROM');
  expect(instructions[0].rest).toMatch(/^nvidia\/cuda:\d+\.\d+\.\d+-devel-/);
});

it('copies files that are there', () => {
  const copied = instructions
    .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from='))
    .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
  expect(copied.length).toBeGreaterThan(3);
  expect(copied.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

it('runs scripts of package.json, in the comments too', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const own = { ...scripts, install: 'of pnpm itself' };
  const used = [...text.matchAll(/pnpm@\d+ ([a-z-]+)|^#.* bitloss ([a-z-]+)|^CMD \["([a-z-]+)"/gm)].map(
    (match) => match[1] ?? match[2] ?? match[3],
  );
  expect(used.filter((script) => !(script in own))).toEqual([]);
  expect(new Set(used)).toEqual(new Set(['install', 'kernels', 'eval', 'bench']));
});

it('ENTRYPOINT and CMD are lists, so that signals reach the program', () => {
  for (const { rest } of instructions.filter(({ name }) => name === 'ENTRYPOINT' || name === 'CMD'))
    expect(JSON.parse(rest)).toBeInstanceOf(Array);
});

it('leaves out what is made elsewhere', () => {
  const ignored = readFileSync(path.join(root, 'kernels/Dockerfile.dockerignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', 'kernels/build', '.git']));
});
