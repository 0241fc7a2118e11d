/**
 * `node scripts/preview-pages.ts <site> <list> <out>`: copies the listed pages of a built site, with what every page needs,
 * so that a reviewer can look at them without building the site. A page of the list that is not there is left out.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** @returns the pages that were copied */
export function previewPages(site: string, list: string, out: string): readonly string[] {
  mkdirSync(out, { recursive: true });
  // Scripts, styles and fonts: what is no page, and no data of one.
  for (const name of readdirSync(site))
    if (name.startsWith('_') || statSync(path.join(site, name)).isFile())
      cpSync(path.join(site, name), path.join(out, name), { recursive: true });
  const pages = list.split('\n').filter((page) => /^\/([a-z0-9][a-z0-9._:+@-]*\/)*$/i.test(page));
  const there = pages.filter((page) => existsSync(path.join(site, page, 'index.html')));
  for (const page of there) {
    mkdirSync(path.join(out, page), { recursive: true });
    cpSync(path.join(site, page, 'index.html'), path.join(out, page, 'index.html'));
  }
  return there;
}

if (import.meta.main) {
  const [site, list, out] = process.argv.slice(2);
  if (site === undefined || list === undefined || out === undefined)
    throw new Error('Give the built site, the file with the list of pages, and the folder for the copy.');
  console.log(`${previewPages(site, readFileSync(list, 'utf8'), out).length} pages in ${out}`);
}
