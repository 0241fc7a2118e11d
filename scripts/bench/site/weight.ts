/** What a page of a built site weighs before anyone touches it: itself, its styles, the scripts it names and those they import. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Compressed bytes, as a server sends them. */
export interface Weight {
  readonly html: number;
  readonly css: number;
  readonly js: number;
}

/** Of a first view in all; of the home page, whose rows are the most read; and of scripts before interaction. */
export const MOST = { page: 150 * 1024, home: 60 * 1024, js: 10 * 1024 } as const;

/** The heaviest of its kind, or the one, for every kind of page that a visitor may come to first. */
const KINDS = [
  'index.html',
  'curves/index.html',
  'break/index.html',
  'advisor/index.html',
  'compare/index.html',
  'compare/pairs/*/index.html',
  'coverage/index.html',
  'coverage/*/index.html',
  'sql/index.html',
  'claims/**/index.html',
  'models/*/index.html',
  'models/*/results/**/index.html',
  'methods/*/**/index.html',
  'families/*/index.html',
  'papers/*/index.html',
  'tasks/*/**/index.html',
  'sources/*/**/index.html',
  'tensors/**/index.html',
  'runs/*/**/index.html',
  ...['models', 'methods', 'tasks', 'sources', 'runs', 'data', 'methodology', 'submit'].map(
    (name) => `${name}/index.html`,
  ),
];

export function compressedBytes(folder: string, file: string): number {
  return gzipSync(readFileSync(join(folder, file)), { level: 9 }).length;
}

/** Weight of a page at this path below the built site. */
export function weightOf(folder: string, path: string): Weight {
  const html = readFileSync(join(folder, path), 'utf8');
  const asset = (pattern: RegExp) => [...html.matchAll(pattern)].map(([, file]) => `_astro/${file}`);
  const scripts = new Set(asset(/<script type="module" src="[^"]*_astro\/([^"]+)"/g));
  for (const script of scripts) {
    const text = readFileSync(join(folder, script), 'utf8');
    for (const [, file] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) scripts.add(`_astro/${file}`);
  }
  const sum = (files: Iterable<string>) =>
    [...files].reduce((total, file) => total + compressedBytes(folder, file), 0);
  return {
    html: compressedBytes(folder, path),
    css: sum(asset(/<link rel="stylesheet" href="[^"]*_astro\/([^"]+)"/g)),
    js: sum(scripts),
  };
}

/** The heaviest page of every kind, by path. */
export function heaviestPages(folder: string): ReadonlyMap<string, Weight> {
  const paths = KINDS.map((pattern) => heaviest(folder, pattern)).filter((path) => path !== null);
  return new Map(paths.map((path) => [path, weightOf(folder, path)]));
}

function heaviest(folder: string, pattern: string): string | null {
  // Compressed, pages of one kind are in the order of their sizes, nearly: the largest few are weighed.
  const largest = globSync(pattern, { cwd: folder })
    .map((path) => ({ path, size: statSync(join(folder, path)).size }))
    .sort((a, b) => b.size - a.size)
    .slice(0, 5);
  const weighed = largest.map(({ path }) => ({ path, bytes: compressedBytes(folder, path) }));
  return weighed.sort((a, b) => b.bytes - a.bytes)[0]?.path ?? null;
}
