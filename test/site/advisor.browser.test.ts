/** The advisor in a browser: the answer follows the form, the address follows both, and a link gives the same answer. */
import { describe, expect, it } from 'vitest';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

describe.skipIf(!hasChromium)(`the advisor in Chromium (${WHERE})`, () => {
  const site = siteForTests();
  const browser = browserForTests();

  it('answers another question, and its address gives that answer again', async () => {
    const page = await browser.newPage();
    await page.goto(`${site.url}advisor/`);
    const answer = page.locator('#advice');
    const first = await answer.innerHTML();
    await page.selectOption('select[name="model"]', 'llama-2-70b');
    await page.waitForFunction((old) => document.querySelector('#advice')!.innerHTML !== old, first);
    await page.selectOption('select[name="gpu"]', 'h100');
    await page.getByLabel('language modelling').check();
    await page.waitForFunction(() => document.querySelector('#advice')!.textContent!.includes('80.0 GiB'));
    expect(new URL(page.url()).search).toBe('?v=1&model=llama-2-70b&gpu=h100&need=language-modelling');
    expect(await answer.textContent()).toContain('Tested on LLaMA-2-70B itself');
    const shown = await answer.innerHTML();
    await page.goto('about:blank');
    await page.goto(`${site.url}advisor/?v=1&model=llama-2-70b&gpu=h100&need=language-modelling`);
    await page.waitForFunction(() => document.querySelector('#advice')!.textContent!.includes('80.0 GiB'));
    expect(await answer.innerHTML()).toBe(shown);
    await page.close();
  });

  it('takes a model that nobody tested for the nearest in size, and says so', async () => {
    const page = await browser.newPage();
    await page.goto(`${site.url}advisor/?v=1&params=9.2&family=gemma&gib=8`);
    const answer = page.locator('#advice');
    await page.waitForFunction(() =>
      document.querySelector('#advice')!.textContent!.includes('Nobody whose'),
    );
    expect(await answer.textContent()).toContain('it is taken to be shaped like Gemma-7B');
    expect(await answer.textContent()).not.toContain('itself');
    await page.close();
  });
});
