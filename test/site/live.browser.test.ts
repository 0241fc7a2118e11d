/** A model in the browser: nothing before the click, then the pipeline's own text, from this site alone. */
import { resolve } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createOnnxEngine } from '../../eval/engines/onnx/engine.ts';
import { compare } from '../../eval/live/comparison.ts';
import { openLiveFolder } from '../../eval/live/open-folder.ts';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

const MODEL = resolve(import.meta.dirname, '../../data/models/bitloss-llama-1.5m');
const PROMPT = 'Ashwick is';
const TOKENS = 32;

describe.skipIf(!hasChromium)(`in Chromium (${WHERE})`, () => {
  const site = siteForTests();
  const browser = browserForTests();

  const open = async (options: BrowserContextOptions) =>
    (await browser.newContext({ serviceWorkers: 'block', ...options })).newPage();
  const part = (page: Page, lane: number, name: string) =>
    page.locator(`[data-lane] >> nth=${lane} >> [data-part=${name}]`);
  const text = (page: Page, lane: number) => part(page, lane, 'text').textContent();

  it('writes at 16 bit what onnxruntime-node writes, and breaks at 2', async () => {
    const page = await open({ viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${site.url}break/`);
    await expectAccessible(page, 'recorded');
    const recorded = await text(page, 0);
    expect(asked.filter((url) => /\.gz$|worker/.test(url))).toEqual([]);
    await page.fill('[name=prompt]', PROMPT);
    await page.selectOption('[name=tokens]', String(TOKENS));
    await page.click('[data-part=run]');
    await page.waitForFunction(
      () =>
        /^Done/.test(document.querySelector('[data-part=status]')!.textContent!) ||
        document.querySelector('[data-part=error]')!.textContent !== '',
      null,
      { timeout: 200_000 },
    );
    expect(await page.textContent('[data-part=error]')).toBe('');
    expect(asked.filter((url) => url.endsWith('.gz'))).toHaveLength(3);
    expect(asked.filter((url) => !url.startsWith(site.url) && !url.startsWith('blob:'))).toEqual([]);

    const engine = await createOnnxEngine({ threads: 1 });
    const [own, , , two] = await compare(await openLiveFolder(engine, MODEL), {
      ...{ prompt: PROMPT, maxNewTokens: TOKENS, temperature: 0, seed: 1, sentence: 'He keeps a hen.' },
      recipes: ['fp16', 'rtn-w4g64', 'rtn-w3g64', 'rtn-w2g64'],
    });
    await engine.close();
    expect(await text(page, 0)).toBe(own.pieces.join(''));
    expect(await text(page, 0)).not.toBe(recorded);
    expect(await text(page, 3)).not.toBe(await text(page, 0));
    expect(await part(page, 3, 'differs').textContent()).toMatch(/^[1-9]\d* of \d+$/);
    expect(await part(page, 3, 'same').textContent()).toBe(`${(two.sameChoice * 100).toFixed(1)} %`);
    await expectAccessible(page, 'live');
    await page.context().close();
  }, 240_000);

  it('says what went wrong, and what to do', async () => {
    const page = await open({ viewport: { width: 320, height: 700 }, colorScheme: 'dark' });
    await page.route('**/*.safetensors.gz', (route) => route.abort());
    await page.goto(`${site.url}break/`);
    await page.click('[data-part=run]');
    await page.waitForFunction(() => document.querySelector('[data-part=error]')!.textContent !== '');
    expect(await page.textContent('[data-part=error]')).toMatch(/could not be loaded.*press Run again/);
    expect(await page.isEnabled('[data-part=run]')).toBe(true);
    await expectAccessible(page, 'failed, 320 px wide');
    await page.context().close();
  }, 60_000);
});
