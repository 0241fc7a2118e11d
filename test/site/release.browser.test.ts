/** What describes the data on the built site: Croissant, manifest, schemas, feed, badges, and a JSON twin for every page. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../data/db.ts';
import { BASE, type BuiltSite, builtSite, RUN_ID } from './built-site.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';

let site: BuiltSite;
const read = (path: string) => readFileSync(join(site.folder, path), 'utf8');
const inSite = (address: string) => join(site.folder, address.slice(BASE.length));

beforeAll(async () => {
  site = await builtSite();
}, 300_000);

interface Node {
  readonly '@type': string;
  readonly '@id': string;
  readonly [key: string]: unknown;
}
interface Field extends Node {
  readonly dataType: string;
  readonly source: {
    readonly fileObject: { readonly '@id': string };
    readonly extract: { readonly column: string };
  };
  readonly references?: { readonly '@id': string };
}

describe('Croissant 1.0', () => {
  it('has what the specification requires, ids that are unique, and references that lead somewhere', () => {
    const set = JSON.parse(read('data/croissant.json')) as Record<string, unknown>;
    expect(set['@type']).toBe('sc:Dataset');
    expect(set['conformsTo']).toBe('http://mlcommons.org/croissant/1.0');
    for (const name of ['@context', 'name', 'description', 'license', 'url', 'creator', 'datePublished'])
      expect(set[name], name).toBeTruthy();
    expect(set['datePublished']).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(set['version']).toMatch(/^1\.0\.0\+[0-9a-f]{12}$/);
    const files = set['distribution'] as Node[];
    const tables = set['recordSet'] as (Node & { field: Field[]; key?: { '@id': string } })[];
    const fields = tables.flatMap(({ field }) => field);
    const ids = [...files, ...tables, ...fields].map((node) => node['@id']);
    expect(new Set(ids).size).toBe(ids.length);
    expect(files.map((file) => file['@type'])).toEqual(files.map(() => 'cr:FileObject'));
    const known = new Set(ids);
    for (const { key } of tables) expect(key === undefined || known.has(key['@id'])).toBe(true);
    for (const field of fields) {
      expect(field['@type']).toBe('cr:Field');
      expect(field.dataType).toMatch(/^sc:(Text|Float|Integer|Boolean)$/);
      expect(known.has(field.source.fileObject['@id'])).toBe(true);
      if (field.references !== undefined) expect(known.has(field.references['@id'])).toBe(true);
    }
  });

  it('names the columns and hashes of the files as they are', async () => {
    const set = JSON.parse(read('data/croissant.json')) as {
      distribution: { '@id': string; contentUrl: string; sha256: string; contentSize: string }[];
      recordSet: { '@id': string; field: Field[] }[];
    };
    const database = await openDatabase(join(site.data, 'bitloss.duckdb'), { readOnly: true });
    for (const { '@id': id, contentUrl, sha256, contentSize } of set.distribution) {
      const bytes = readFileSync(inSite(contentUrl));
      expect(createHash('sha256').update(bytes).digest('hex'), id).toBe(sha256);
      expect(`${bytes.byteLength} B`).toBe(contentSize);
      const reader = await database.connection.runAndReadAll(`DESCRIBE FROM '${inSite(contentUrl)}'`);
      const fields = set.recordSet.find((table) => `${table['@id']}.parquet` === id)!.field;
      expect(
        fields.map(({ source }) => source.extract.column),
        id,
      ).toEqual(reader.getRows().map(([name]) => name));
    }
    database.close();
  });
});

it('the manifest lists files that are there, with their sizes and hashes', () => {
  const { files, schemas, version } = JSON.parse(read('data/release.json')) as {
    version: string;
    schemas: string[];
    files: { latest: string; pinned: string | null; bytes: number; sha256: string }[];
  };
  for (const { latest, pinned, bytes, sha256 } of files) {
    const file = readFileSync(inSite(latest));
    expect(file.byteLength).toBe(bytes);
    expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
    if (pinned !== null) expect(readFileSync(inSite(pinned)).equals(file)).toBe(true);
    expect(pinned === null || pinned.includes(version)).toBe(true);
  }
  expect(schemas.length).toBeGreaterThanOrEqual(16);
  for (const schema of schemas)
    expect(JSON.parse(readFileSync(inSite(schema), 'utf8'))).toHaveProperty('$schema');
});

it.each(['models', 'methods', 'tasks', 'sources', 'papers', 'families'])(
  'every page of %s has its JSON twin',
  (kind) => {
    const pages = globSync(`${kind}/*/index.html`, { cwd: site.folder });
    expect(pages.length).toBeGreaterThan(10);
    for (const page of pages) {
      const twin = page.replace(/\/index\.html$/, '.json');
      expect(existsSync(join(site.folder, twin)), twin).toBe(true);
      expect(read(page)).toContain(`<link rel="alternate" type="application/json" href="${BASE}${twin}"`);
    }
    const one = JSON.parse(read(pages[0]!.replace(/\/index\.html$/, '.json'))) as Record<string, unknown>;
    expect(one['page']).toBe(`${BASE}${pages[0]!.replace('index.html', '')}`);
  },
);

it('badges are as many as are bounded, and stand on the page of their model', () => {
  const badges = globSync('badges/*/*.svg', { cwd: site.folder });
  expect(badges.length).toBeGreaterThan(100);
  expect(badges.length).toBeLessThan(2000);
  const [, model] = badges[0]!.split('/');
  const page = decodeURIComponent(read(`models/${model}/index.html`).replaceAll(/%(?![0-9A-F]{2})/g, '%25'));
  expect(page.includes(`href="${BASE}${badges[0]}"`), badges[0]).toBe(true);
});

describe.skipIf(!hasChromium)(`read by a parser of XML (${WHERE})`, () => {
  const browser = browserForTests();

  it('the feed is Atom with an entry for the run, and badges and curves are SVG', async () => {
    const page = await browser.newPage();
    const parse = (text: string) =>
      page.evaluate((text) => {
        const document = new DOMParser().parseFromString(text, 'application/xml');
        const texts = (selector: string) =>
          [...document.querySelectorAll(selector)].map((one) => one.textContent);
        return {
          root: `${document.documentElement.namespaceURI} ${document.documentElement.localName}`,
          ids: texts('id'),
          updated: texts('updated'),
          titles: texts('title'),
          links: [...document.querySelectorAll('entry link')].map((one) => one.getAttribute('href')),
        };
      }, text);
    const feed = await parse(read('feed.atom'));
    expect(feed.root).toBe('http://www.w3.org/2005/Atom feed');
    expect(new Set(feed.ids).size).toBe(feed.ids.length);
    expect(feed.updated.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time ?? ''))).toBe(true);
    expect(feed.links).toContain(`${BASE}runs/${RUN_ID}/`);
    for (const file of [
      globSync('badges/*/*.svg', { cwd: site.folder })[0]!,
      'charts/kept-by-bits/llama-2-7b.svg',
    ])
      expect((await parse(read(file))).root, file).toBe('http://www.w3.org/2000/svg svg');
  });
});
