/** The comparison as a visitor meets it: readable without a script, chosen by keyboard, kept in the address. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { CompareModel } from '../../site/lib/compare-types.ts';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

const site = siteForTests();

describe('without a script', () => {
  const text = (path: string) => readFileSync(join(site.folder, path), 'utf8').replace(/<[^>]*>/g, '');

  it('a comparison stands on the page, with its verdict', () => {
    const page = text('compare/index.html');
    expect(page).toMatch(/keeps [\d.]+ points (more|less) than A \(/);
    expect(page).toContain('Who keeps more, and where?');
  });

  it('every method that met another has a page with its pairs', () => {
    expect(text('compare/pairs/index.html')).toMatch(
      /GPTQ keeps more than RTN in \d+ of [\d,]+ matched pairs/,
    );
    expect(text('compare/pairs/awq/index.html')).toContain('AWQ against GPTQ');
  });

  it('a model is one small file, named by the data', () => {
    const files = globSync('compare/models/*.json', { cwd: site.folder });
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      expect(file).toMatch(/\.[0-9a-f]{12}\.json$/);
      expect(statSync(join(site.folder, file)).size).toBeLessThan(400_000);
    }
    const largest = files.find((file) => file.includes('/llama-2-7b.'))!;
    const bytes = readFileSync(join(site.folder, largest));
    expect(gzipSync(bytes).length).toBeLessThan(40_000);
    const model = JSON.parse(bytes.toString()) as CompareModel;
    expect(model.recipes.some(({ is_baseline }) => is_baseline)).toBe(true);
  });
});

describe.skipIf(!hasChromium)(`in a browser (${WHERE})`, () => {
  const browser = browserForTests();

  async function open(query: string, width = 1280): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    await page.goto(`${site.url}compare/${query}`);
    await page.locator('.compare-pickers').waitFor();
    return page;
  }

  it('shows what the address says, and a single recipe beside the plainest there is', async () => {
    const page = await open('?v=1&c=bitloss-llama-3m~gptq-w4g128~bitloss');
    const verdict = page.locator('.verdicts');
    await expect.poll(() => verdict.textContent()).toContain('B (GPTQ W4 g128) keeps');
    expect(await verdict.textContent()).toContain('than A (16 bit');
    await page.close();
  });

  it('is chosen by keyboard, and the address follows', async () => {
    const page = await open('?v=1&c=llama-2-7b~rtn-w3g128~omniquant,~gptq-w3g128');
    await page.getByRole('button', { name: /^Add a side/ }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toMatch(/~omniquant,~gptq-w3g128,~[^,]+$/);
    await page.getByRole('button', { name: /^Hold against this.*gptq-w3g128$/ }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain('c=llama-2-7b~gptq-w3g128~omniquant,~rtn-w3g128,~');
    await expect.poll(() => page.locator('.verdicts').textContent()).toContain('than A (GPTQ W3 g128');
    await page.close();
  });

  it('says what it does not know, and shows the rest', async () => {
    const page = await open('?v=1&c=bitloss-llama-3m~fp16~bitloss,~gptq-w4g128,~awq-w4g128');
    expect(await page.getByRole('alert').textContent()).toContain(
      'awq-w4g128 of bitloss-llama-3m by bitloss',
    );
    expect(await page.locator('.compare-scores thead th').count()).toBe(3);
    await page.close();
  });

  it.each(['light', 'dark'] as const)(
    'has nothing that axe objects to, and fits a phone (%s)',
    async (colorScheme) => {
      const context = await browser.newContext({ viewport: { width: 320, height: 800 }, colorScheme });
      const page = await context.newPage();
      for (const path of [
        'compare/?v=1&c=bitloss-llama-3m~gptq-w4g128~bitloss,~fp16',
        'compare/pairs/loftq/',
      ]) {
        await page.goto(`${site.url}${path}`);
        if (path.includes('?')) await page.locator('.compare-pickers').waitFor();
        await expectAccessible(page, path);
      }
      await context.close();
    },
    120_000,
  );
});
