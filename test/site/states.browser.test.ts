/** States that only a script reaches: nothing that axe objects to in any of them, and nothing wider than the screen. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

const live = async (page: Page) => {
  await page.mouse.move(200, 300);
  await page.waitForSelector('.live');
};
const pin = async (page: Page) => {
  await live(page);
  await page.locator('.pin').nth(1).press('Enter');
  await page.waitForSelector('.pinned');
};
const pinAndLose = async (page: Page) => {
  await pin(page);
  await page.getByLabel('Search').fill('methd:gptq');
  await page.waitForSelector('.board-empty');
};
const unfold = async (page: Page) => {
  for (const summary of await page.locator('main details:not([open]) > summary').all())
    if (await summary.isVisible()) await summary.press('Enter');
};
const chosen = async (page: Page) => {
  await page.locator('.compare-pickers').waitFor();
  await unfold(page);
};

const EIGHT = ['rtn-w3g128', 'gptq-w3g128', 'awq-w3g128', 'omniquant-w3g128', 'rtn-w4', 'gptq-w4', 'awq-w4'];
const SIDES = `llama-2-7b~fp16~omniquant,${EIGHT.map((recipe) => `~${recipe}`).join(',')}`;

/** Address, how the state is reached, theme and width. */
const STATES: Readonly<Record<string, [string, (page: Page) => Promise<void>, 'light' | 'dark', number]>> = {
  'rows pinned, all columns': ['?model=llama-2-7b&sort=-kept&cols=family,size,tensor', pin, 'dark', 1280],
  'raw scores': ['?view=raw&method=gptq&bits=3,4&cols=interval,unit', live, 'light', 1280],
  'nothing found but what is pinned, and why': ['?model=llama-2-7b', pinAndLose, 'light', 320],
  'how to search': ['', (page) => live(page).then(() => unfold(page)), 'dark', 1280],
  'eight sides': [`compare/?v=1&c=${SIDES}`, chosen, 'dark', 320],
  'an answer': ['advisor/?v=1&model=llama-3-8b&gpu=rtx-4090&need=reasoning', unfold, 'dark', 320],
  'cells unfolded': ['coverage/w3/', unfold, 'light', 320],
};

describe.skipIf(!hasChromium)(`states in Chromium (${WHERE})`, () => {
  const site = siteForTests();
  const browser = browserForTests();

  it.each(Object.entries(STATES))(
    '%s',
    async (name, [path, reach, colorScheme, width]) => {
      const page = await browser.newPage({
        serviceWorkers: 'block',
        colorScheme,
        viewport: { width, height: 800 },
      });
      await page.goto(site.url + path);
      await reach(page);
      await expectAccessible(page, name);
      await page.close();
    },
    60_000,
  );

  it('what is kept is drawn without the colours of the site too, and nothing moves for who asks for that', async () => {
    const page = await browser.newPage({
      serviceWorkers: 'block',
      forcedColors: 'active',
      reducedMotion: 'reduce',
    });
    await page.goto(site.url);
    const bar = page.locator('.board .kept-bar:not(.unknown)').first();
    expect(await bar.evaluate((one) => getComputedStyle(one).backgroundImage)).toMatch(
      /^repeating-linear-gradient/,
    );
    const moving = await page.evaluate(() => [
      getComputedStyle(document.documentElement).scrollBehavior,
      ...document.getAnimations().map(({ id }) => id),
    ]);
    expect(moving).toEqual(['auto']);
    await page.close();
  });
});
