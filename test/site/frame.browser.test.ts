/** The frame in a browser: first screen, themes, phone, no scripts, accessibility of the live parts, weight. */
import { globSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { compressedBytes, heaviestPages, MOST } from '../../scripts/bench/site/weight.ts';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

const site = siteForTests();

describe('weight', () => {
  const kib = (bytes: number) => Number((bytes / 1024).toFixed(1));

  it('of every kind of page is within the budget: 150 KiB, home 60 KiB, scripts 10 KiB', () => {
    const weights = heaviestPages(site.folder);
    expect(weights.size).toBeGreaterThanOrEqual(25);
    console.table(
      [...weights].map(([page, { html, css, js }]) => ({
        page,
        html: kib(html),
        css: kib(css),
        js: kib(js),
      })),
    );
    for (const [path, { html, css, js }] of weights) {
      expect(html + css + js, path).toBeLessThan(path === 'index.html' ? MOST.home : MOST.page);
      expect(js, path).toBeLessThan(MOST.js);
    }
    const onDemand = ['client', 'Board', 'react-dom'].flatMap((name) =>
      globSync(`_astro/${name}*.js`, { cwd: site.folder }),
    );
    for (const file of [...onDemand, ...globSync('board/*.json', { cwd: site.folder })])
      console.log(`on demand: ${file} ${kib(compressedBytes(site.folder, file))} KiB`);
  });
});

describe.skipIf(!hasChromium)(`in Chromium (${WHERE})`, () => {
  const browser = browserForTests();

  async function visit(
    path: string,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({
      serviceWorkers: 'block',
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('requestfailed', (request) => {
      // A page that is left aborts what it still loads.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') faults.push(request.url());
    });
    await page.goto(site.url + path);
    await look(page);
    expect(faults).toEqual([]);
    await context.close();
  }

  const wake = async (page: Page) => {
    await page.mouse.move(200, 300);
    await page.waitForSelector('.live tbody tr[data-index]');
  };

  const LOOKS = [
    { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
    { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
    { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  ] as const;
  const nameOf = ({ colorScheme, viewport }: (typeof LOOKS)[number]) => `${colorScheme} ${viewport.width}`;

  it.each(LOOKS)(
    'home and curves: axe finds nothing ($colorScheme $viewport.width)',
    async (look) => {
      const isFirst = look === LOOKS[0];
      await visit(isFirst ? '' : '?view=results&bits=3&q=llama', look, async (page) => {
        if (isFirst) await expectAccessible(page, `home, static, ${nameOf(look)}`);
        await wake(page);
        await page.locator('.menu summary', { hasText: 'Columns' }).click();
        await expectAccessible(page, `home, live, columns open, ${nameOf(look)}`);
      });
      await visit('curves/', look, async (page) => {
        if (isFirst)
          for (const details of await page.locator('details > summary').all()) await details.click();
        await expectAccessible(page, `curves, ${nameOf(look)}`);
      });
    },
    120_000,
  );

  it('answers the question on the first screen, with counts from the data', async () => {
    await visit('', {}, async (page) => {
      expect(await page.locator('h1').textContent()).toBe(
        'How much of a language model is left after compression?',
      );
      expect(await page.locator('.page-head p').first().textContent()).toMatch(
        /^16,134 reported \+ \d+ measured \+ 2 submitted results · \d+ models · \d+ methods/,
      );
      const chart = page.locator('.chart-drawing').first();
      expect((await chart.boundingBox())!.y).toBeLessThan(500);
      expect(await chart.getAttribute('aria-label')).toMatch(/^Line chart.*At 4 bits .* keeps/);
      expect(await page.locator('.best li').count()).toBeGreaterThanOrEqual(3);
    });
  });

  it('reads without scripts: the curve, the best, the first rows, the way to all others', async () => {
    await visit('', { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('.board tbody tr').count()).toBe(40);
      expect(await page.locator('.chart-drawing svg').first().isVisible()).toBe(true);
      expect(await page.locator('.pickers').isVisible()).toBe(false);
      expect(await page.locator('[data-theme-toggle]').isVisible()).toBe(false);
      expect(await page.getByRole('link', { name: 'every other model' }).isVisible()).toBe(true);
      expect(await page.locator('nav.facets a').count()).toBeGreaterThan(15);
    });
  });

  it('follows the system, switches themes, and remembers without a flash', async () => {
    await visit('', { colorScheme: 'dark' }, async (page) => {
      const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = await paper();
      await page.emulateMedia({ colorScheme: 'light' });
      const light = await paper();
      expect(dark).not.toBe(light);
      await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
      expect(await paper()).toBe(dark);
      await page.addInitScript(() => {
        addEventListener('DOMContentLoaded', () => {
          (window as unknown as { first: string }).first = getComputedStyle(
            document.documentElement,
          ).backgroundColor;
        });
      });
      await page.reload();
      expect(await page.evaluate(() => (window as unknown as { first: string }).first)).toBe(dark);
      await page.getByRole('button', { name: 'Switch to the light theme' }).click();
      expect(await paper()).toBe(light);
    });
  });

  it('on a phone shows cards, and filters in a sheet', async () => {
    await visit('', { viewport: { width: 390, height: 844 }, hasTouch: true }, async (page) => {
      expect(await page.locator('.chart-drawing .narrow svg').first().isVisible()).toBe(true);
      expect(await page.locator('.chart-drawing .wide svg').first().isVisible()).toBe(false);
      await wake(page);
      const card = await page.locator('.live tbody tr[data-index]').first().boundingBox();
      expect(card!.width).toBeGreaterThan(300);
      expect(card!.height).toBeLessThan(160);
      await page.getByRole('button', { name: 'Filters' }).tap();
      const sheet = page.getByRole('dialog', { name: 'Filters' });
      await sheet.locator('label', { hasText: 'GPTQ' }).first().tap();
      await page.waitForFunction(() => location.search === '?method=gptq');
      await expectAccessible(page, 'sheet');
      await page.keyboard.press('Escape');
      expect(await sheet.isVisible()).toBe(false);
      expect(await page.getByRole('button', { name: 'Filters (1)' }).isVisible()).toBe(true);
      await page.getByLabel('Sort by').selectOption('-kept');
      await page.waitForFunction(() => location.search === '?method=gptq&sort=-kept');
    });
  });

  it('works by keyboard alone', async () => {
    await visit('', {}, async (page) => {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
      await page.waitForSelector('.live tbody tr[data-index]');
      const box = page.locator('.facet input[type="checkbox"]').first();
      await box.focus();
      await page.keyboard.press('Space');
      await page.waitForFunction(() => location.search.startsWith('?model='));
      await page.locator('.live').focus();
      await page.keyboard.press('End');
      await expect
        .poll(() => page.locator('.live').evaluate((live) => live.scrollTop), { timeout: 10_000 })
        .toBeGreaterThan(100);
    });
  });

  it('has its pages in one line, and menus that open and close by keyboard', async () => {
    await visit('methods/', { viewport: { width: 1280, height: 800 } }, async (page) => {
      const link = page.locator('.site-nav').getByRole('link', { name: 'Coverage' });
      expect((await page.locator('.site-header').boundingBox())!.height).toBeLessThan(60);
      expect(await link.isVisible()).toBe(false);
      await page.locator('.site-nav summary', { hasText: 'Catalogue' }).press('Enter');
      expect(await link.isVisible()).toBe(true);
      await link.focus();
      await page.keyboard.press('Escape');
      expect(await link.isVisible()).toBe(false);
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Catalogue');
    });
  });

  it('offers each chart as drawing, specification and data', async () => {
    await visit('curves/', {}, async (page) => {
      const links = await page.locator('.chart-links a').all();
      const figures = await page.locator('figure.chart:has(.chart-links)').count();
      // The curve of one model, and all charts that are about no single model, method or tensor.
      expect(figures).toBe(7);
      expect(await page.locator('figure.chart button[data-live]').count()).toBe(figures);
      for (const kind of ['.svg', '.vl.json', '.csv'])
        expect(await page.locator(`.chart-links a[href$="${kind}"]`).count(), kind).toBe(figures);
      for (const link of links) {
        const response = await page.request.get(new URL((await link.getAttribute('href'))!, site.url).href);
        expect(response.status()).toBe(200);
        const text = await response.text();
        if (response.url().endsWith('.json')) expect(JSON.parse(text)).toHaveProperty('$schema');
        else expect(text).toMatch(response.url().endsWith('.svg') ? /^<svg/ : /^[a-z_]+,[a-z_]+/);
        expect(text).not.toMatch(response.url().endsWith('.json') ? /var\(--/ : /undefined/);
      }
    });
  });
});
