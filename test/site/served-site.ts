/** Serves the built site on loopback, as any static host would: folders by their index page, 404.html for the rest. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { BASE, type BuiltSite, builtSite } from './built-site.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.csv': 'text/csv',
};

export interface ServedSite extends BuiltSite {
  /** Address of the home page, with the base path and a slash at the end. */
  readonly url: string;
}

/** The built site, served while the tests of the file or `describe` run in which this is called. */
export function siteForTests(): ServedSite {
  let served: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    served = await serve();
  }, 300_000);
  afterAll(() => served?.close());
  return {
    get folder() {
      return served.folder;
    },
    get data() {
      return served.data;
    },
    get url() {
      return served.url;
    },
  };
}

async function serve() {
  const site = await builtSite();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = fileOf(site.folder, decodeURIComponent(pathname));
    const found = file ?? join(site.folder, '404.html');
    response.writeHead(file === null ? 404 : 200, {
      'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
    });
    response.end(readFileSync(found));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...site,
    url: `http://127.0.0.1:${port}${BASE}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** The file that answers a decoded path, or null. */
export function fileOf(folder: string, path: string): string | null {
  if (!path.startsWith(BASE) || path.split('/').includes('..')) return null;
  const file = join(folder, path.slice(BASE.length));
  if (!existsSync(file)) return null;
  if (!statSync(file).isDirectory()) return file;
  const index = join(file, 'index.html');
  return path.endsWith('/') && existsSync(index) ? index : null;
}
