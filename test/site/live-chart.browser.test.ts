/** A chart made to answer, in Chromium: nothing loaded before, numbers by pointer and by keys, and back to the drawing. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

describe.skipIf(!hasChromium)(`live charts in Chromium (${WHERE})`, () => {
  const site = siteForTests();
  const browser = browserForTests();
  let page: Page;
  const asked: string[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    const context = await browser.newContext({
      serviceWorkers: 'block',
      viewport: { width: 390, height: 844 },
      colorScheme: 'dark',
    });
    page = await context.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => faults.push(error.message));
  });
  afterAll(() => page?.context().close());

  const figure = () => page.locator('figure.chart').first();
  const part = (name: string) => figure().locator(name);
  const press = async () => {
    await part('button[data-live]').press('Enter');
    await part('.chart-live svg').waitFor();
    await expect.poll(() => part('button[data-live]').textContent()).toBe('Back to the drawing');
  };

  it('load what they need at the press of a button, from the site alone', async () => {
    await page.goto(`${site.url}curves/`);
    await page.waitForLoadState('networkidle');
    const before = [...asked];
    await press();
    const after = asked.slice(before.length);
    expect(before.filter((address) => address.endsWith('.json'))).toEqual([]);
    expect(after.filter((address) => address.endsWith('.vl.json'))).toHaveLength(1);
    expect(after.filter((address) => address.endsWith('.js'))).not.toEqual([]);
    expect(asked.filter((address) => !address.startsWith(site.url))).toEqual([]);
    expect(await part('.chart-drawing').isVisible()).toBe(false);
    // In the colours of the theme, not in those of the file.
    expect(await part('.chart-place').innerHTML()).not.toMatch(/#[0-9a-f]{6}/);
  });

  it('say by keys and by pointer what the mark is, and follow a method', async () => {
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('chart-stage');
    await page.keyboard.press('ArrowRight');
    const said = (await part('[role="status"]').textContent())!;
    expect(said).toMatch(/^.+, \d+ bits: [\d.]+ % kept/);
    const ring = (await part('.chart-ring').boundingBox())!;
    await page.keyboard.press('Escape');
    expect(await part('.chart-tip').isVisible()).toBe(false);
    await page.mouse.move(ring.x + ring.width / 2, ring.y + ring.height / 2);
    expect(await part('.chart-tip').textContent()).toBe(said);
    await page.keyboard.press('Enter');
    const method = await part('select').inputValue();
    expect(said).toContain(`${method}, `);
    await page.keyboard.press('ArrowDown');
    expect(await part('.chart-tip').textContent()).toContain(`${method}, `);
    // The name at the end of a line.
    const label = part('.chart-place svg text').filter({ hasText: /^AWQ/ });
    await label.scrollIntoViewIfNeeded();
    const name = (await label.boundingBox())!;
    await page.mouse.click(name.x + name.width / 2, name.y + name.height / 2);
    expect(await part('select').inputValue()).toBe('AWQ');
  });

  it('zoom, and show everything again', async () => {
    const drawn = () => part('.chart-place svg').innerHTML();
    await part('button:text-is("Show all")').click();
    const all = await drawn();
    await part('button[aria-label="Zoom in"]').click();
    expect(await drawn()).not.toBe(all);
    await part('button:text-is("Show all")').click();
    expect(await part('.chart-place svg').textContent()).toContain('16-bit');
    expect((await drawn()).length).toBe(all.length);
  });

  it('give the drawing back, the button keeping the focus', async () => {
    await part('button[data-live]').press('Enter');
    await part('.chart-live').waitFor({ state: 'detached' });
    expect(await part('.chart-drawing').isVisible()).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Make it interactive');
  });

  it('are there where the specification is in the page, open to everyone', async () => {
    await page.goto(`${site.url}methods/aptq/`);
    await press();
    await page.keyboard.press('ArrowRight');
    expect(await part('[role="status"]').textContent()).toMatch(/kept, mean of [\d,]+ pairs?$/);
    await expectAccessible(page, 'a method, its chart live, dark 390');
    expect(faults).toEqual([]);
  });
});
