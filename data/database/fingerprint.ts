import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimedFiles } from './claimed.ts';
import { itemPaths } from './ranks.ts';
import { runFiles } from './runs.ts';
import { tensorFiles } from './tensors.ts';
import { trustFiles } from './trust.ts';

/** Files that the database depends on: the data itself and the code and SQL that turn it into tables. */
const CODE = join(import.meta.dirname, '..');

/**
 * Hash over the content of every input below `root` and of the code that reads it. Two equal fingerprints mean equal
 * databases (up to what the pipeline stored meanwhile).
 */
export function fingerprint(root: string): string {
  const hash = createHash('sha256');
  const inputs = [
    ...list(root, '.', /\.json$/),
    ...list(root, 'labels', /\.json$/),
    ...list(root, 'published', /\.(json|csv)$/),
    ...runFiles(root).map(({ file }) => file),
    ...itemPaths(root),
    ...tensorFiles(root).map(({ file }) => file),
    ...claimedFiles(root).map(({ file }) => file),
    ...trustFiles(root),
  ];
  for (const file of inputs) add(hash, file, join(root, file));
  const code = ['.', 'database', 'tables', 'views', 'claims'].flatMap((folder) =>
    list(CODE, folder, /\.(ts|sql)$/),
  );
  for (const file of code) add(hash, `code:${file}`, join(CODE, file));
  return hash.digest('hex');
}

function list(root: string, folder: string, pattern: RegExp): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((file) => pattern.test(file))
    .sort()
    .map((file) => join(folder, file));
}

function add(hash: ReturnType<typeof createHash>, name: string, path: string): void {
  const content = readFileSync(path);
  hash.update(`${name}\0${content.length}\0`).update(content);
}
