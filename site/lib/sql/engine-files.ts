/** DuckDB for the browser as the site gives it away: below `sql/engine/`, under its version, the program compressed. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { onceFor } from '../once.ts';

const require = createRequire(join(process.cwd(), 'package.json'));
const dist = dirname(require.resolve('@duckdb/duckdb-wasm'));
const manifest = JSON.parse(readFileSync(join(dist, '../package.json'), 'utf8')) as { version: string };
export const ENGINE_VERSION = manifest.version;

/** Names on the site, and the file of the package behind each. */
export const ENGINE_FILES: Readonly<Record<string, string>> = {
  'duckdb.wasm.gz': 'duckdb-eh.wasm',
  'duckdb.worker.js': 'duckdb-browser-eh.worker.js',
};

export const engineFile = onceFor(async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = await readFile(join(dist, ENGINE_FILES[name]!));
  // Not every host compresses WebAssembly: 34 MB as it is, less than 8 compressed.
  return new Uint8Array(name.endsWith('.gz') ? await promisify(gzip)(bytes, { level: 6 }) : bytes);
});
