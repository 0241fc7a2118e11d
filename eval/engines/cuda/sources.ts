/** What the kernel library is made of: the files below kernels/, what they include, and hashes of that. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The repository; kernels/ lies in it. */
export const ROOT = resolve(import.meta.dirname, '..', '..', '..');

const INCLUDE = /^\s*#\s*include\s+"([^"]+)"/gm;

/** Files below kernels/ that match, as sorted paths from the root. */
export function kernelFiles(pattern: string, root = ROOT): string[] {
  return globSync(`kernels/${pattern}`, { cwd: root, exclude: ['kernels/build/**'] }).sort();
}

/** A file and everything of kernels/ that it includes, directly or not; sorted paths from the root. */
export function withIncludes(file: string, root = ROOT): string[] {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const [, target] of readFileSync(join(root, path), 'utf8').matchAll(INCLUDE))
      visit(join(dirname(path), target!));
  };
  visit(file);
  return [...seen].sort();
}

/** Of names and contents of files, and of other text that decides what is built. */
export function hashFiles(files: readonly string[], others: readonly string[] = [], root = ROOT): string {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Identity of all sources of the device library; bl_build() starts with it. */
export function sourcesHash(root = ROOT): string {
  return hashFiles(kernelFiles('**/*.{cu,cuh,cpp,h}', root), [], root);
}
