/** The service worker on a site of three pages: offline after a visit, never an older release while there is a network. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepForOffline } from '../../site/offline/register.ts';
import { serviceWorkerSource } from '../../site/offline/source.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

const BASE = '/some/base/';
/** A browser looks for a new worker some time after a page has come. */
const SOON = { timeout: 20_000 };

describe.skipIf(!hasChromium)(`in Chromium (${WHERE})`, () => {
  let release = 1;
  let asked: string[] = [];
  let server: Server;
  const browser = browserForTests();
  let context: BrowserContext;
  let page: Page;
  let home: string;

  const pageOf = (name: string) => `<!doctype html><title>${name} ${release}</title>
<link rel="stylesheet" href="${BASE}_astro/style.${release}.css"><h1>${name} of release ${release}</h1>
<script>(${keepForOffline})('${BASE}sw.js', '${BASE}')</script>`;

  async function answer(path: string): Promise<readonly [type: string, text: string] | null> {
    if (path === `${BASE}sw.js`)
      return ['text/javascript', await serviceWorkerSource({ version: `v${release}`, base: BASE })];
    if (path === BASE) return ['text/html', pageOf('home')];
    const [, name] = /^\/some\/base\/(one|two)\/$/.exec(path) ?? [];
    if (name !== undefined) return ['text/html', pageOf(name)];
    if (path === `${BASE}data/all.json`) return ['application/json', '[]'];
    return path.endsWith(`.${release}.css`) ? ['text/css', 'h1 { color: rgb(1, 2, 3) }'] : null;
  }

  beforeAll(async () => {
    server = createServer(async ({ url }, response) => {
      asked.push(url!);
      const found = await answer(new URL(url!, 'http://localhost').pathname);
      response.writeHead(found === null ? 404 : 200, {
        'content-type': found?.[0] ?? 'text/plain',
        'cache-control': 'no-store',
      });
      response.end(found?.[1]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    home = `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`;
    context = await browser.newContext();
    page = await context.newPage();
  });

  afterAll(() => server?.close());

  const heading = async (path: string) => {
    await page.goto(home + path);
    return page.textContent('h1');
  };
  /** Opening a cache makes it, so only the names are asked for until it is known to be there. */
  const names = () =>
    page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('bitloss')));
  const kept = () =>
    page.evaluate(
      async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname),
      `bitloss ${BASE} v${release}`,
    );

  it('keeps the first page with its parts, though the worker came after it', async () => {
    expect(await heading('one/?state=7')).toBe('one of release 1');
    await expect
      .poll(async () => (await kept()).toSorted(), SOON)
      .toEqual([BASE, `${BASE}_astro/style.1.css`, `${BASE}one/`]);
  });

  it('shows it without a network, whatever its state, and says what there is instead of others', async () => {
    await context.setOffline(true);
    expect(await heading('one/?state=8')).toBe('one of release 1');
    expect(await page.evaluate(() => getComputedStyle(document.querySelector('h1')!).color)).toBe(
      'rgb(1, 2, 3)',
    );
    expect(await heading('')).toBe('home of release 1');
    expect(await heading('two/')).toBe('Offline');
    expect(await page.locator('li a').allTextContents()).toEqual([BASE, `${BASE}one/`]);
    await context.setOffline(false);
  });

  it('asks the network for pages, not for files with a hash in their name, and keeps no downloads', async () => {
    asked = [];
    expect(await heading('one/')).toBe('one of release 1');
    await page.evaluate(
      (address) => fetch(address).then((response) => response.text()),
      `${home}data/all.json`,
    );
    expect(asked).toContain(`${BASE}one/`);
    expect(asked).not.toContain(`${BASE}_astro/style.1.css`);
    expect(await kept()).not.toContain(`${BASE}data/all.json`);
  });

  it('shows a new release at once, and nothing of the older one after that', async () => {
    release = 2;
    expect(await heading('one/')).toBe('one of release 2');
    await expect.poll(names, SOON).toEqual([`bitloss ${BASE} v2`]);
    await expect.poll(kept, SOON).toContain(`${BASE}one/`);
    await context.setOffline(true);
    expect(await heading('one/')).toBe('one of release 2');
    expect(await heading('')).toBe('home of release 2');
    await context.setOffline(false);
  });
});

describe.skipIf(!hasChromium)('the built site', () => {
  const site = siteForTests();
  const browser = browserForTests();

  it('can be read again without a network', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.url}claims/`);
    const styles = await page.locator('link[rel=stylesheet]').count();
    const heading = await page.textContent('h1');
    const kept = () =>
      page.evaluate(async () => {
        const [name] = await caches.keys();
        return name === undefined ? [] : (await (await caches.open(name)).keys()).map(({ url }) => url);
      });
    await expect
      .poll(async () => (await kept()).filter((url) => url.endsWith('.css')).length, SOON)
      .toBe(styles);
    await expect.poll(kept, SOON).toContain(`${site.url}claims/`);
    await context.setOffline(true);
    await page.reload();
    expect(await page.textContent('h1')).toBe(heading);
    await page.goto(site.url);
    expect(await page.title()).toContain('Bitloss');
    await context.close();
  });
});
