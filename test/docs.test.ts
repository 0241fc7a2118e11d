import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');
const codes = (text: string) =>
  new Set([...text.matchAll(/['`](kernels\/[a-z-]+)['`]/g)].map((match) => match[1]));

it('docs/gpu.md explains every message of the kernel library, and none that does not exist', () => {
  const explained = codes(textOf('docs/gpu.md'));
  expect([...explained].sort()).toEqual([...codes(textOf('eval/errors/kernels.ts'))].sort());
});

it.each(['docs/gpu.md', 'docs/benchmarks.md', 'docs/submitting.md', 'README.md', 'CONTRIBUTING.md'])(
  '%s gives only commands of package.json',
  (file) => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const own = new Set([...Object.keys(scripts), 'install']);
    const used = [...textOf(file).matchAll(/(?:^|`|&& )pnpm ([a-z][a-z:-]*)/gm)].map((match) => match[1]);
    expect(used.filter((name) => !own.has(name))).toEqual([]);
    expect(used.length).toBeGreaterThan(0);
  },
);
