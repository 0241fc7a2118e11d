/** The text of the service worker of one release. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const SITE = join(process.cwd(), 'site');

export interface Release {
  /** Another one for every release. */
  readonly version: string;
  /** Path of the home page, with a slash at the end. */
  readonly base: string;
}

export async function serviceWorkerSource(release: Release): Promise<string> {
  const code = await readFile(join(SITE, 'offline/service-worker.js'), 'utf8');
  return `const RELEASE = ${JSON.stringify(release)};\n${code}`;
}

/** First 12 digits of the hash over the sources of the site. */
export async function sourcesVersion(): Promise<string> {
  const hash = createHash('sha256');
  const files = globSync('**/*', { cwd: SITE, withFileTypes: true, exclude: ['.astro/**'] })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(SITE.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
