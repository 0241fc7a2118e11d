/** A model in the browser: nothing before the click, then the pipeline's own text, from this site alone. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createOnnxEngine } from '../../eval/engines/onnx/engine.ts';
import { compare } from '../../eval/live/comparison.ts';
import { openLiveFolder } from '../../eval/live/open-folder.ts';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

const DATA = resolve(import.meta.dirname, '../../data');
const MODEL = 'bitloss-llama-1.5m';
const IN_ADVANCE = 'gptq-w3g64';
const PROMPT = 'Ashwick is';
const TOKENS = 32;

describe.skipIf(!hasChromium)(`in Chromium (${WHERE})`, () => {
  const site = siteForTests();
  const browser = browserForTests();

  const open = async (options: BrowserContextOptions) =>
    (await browser.newContext({ serviceWorkers: 'block', ...options })).newPage();
  /** In the lane, or in its column of the table. */
  const part = (page: Page, lane: number, name: string) =>
    page
      .locator(`[data-lane="${lane}"] [data-part=${name}], [data-lane="${lane}"][data-part=${name}]`)
      .first();
  const text = (page: Page, lane: number) => part(page, lane, 'text').textContent();

  /** Presses Run, and waits until it says that it is done or what went wrong. */
  const run = async (page: Page) => {
    await page.click('[data-part=run]');
    await page.waitForFunction(
      () =>
        /^Done/.test(document.querySelector('[data-part=status]')!.textContent!) ||
        document.querySelector('[data-part=error]')!.textContent !== '',
      null,
      { timeout: 200_000 },
    );
    expect(await page.textContent('[data-part=error]')).toBe('');
  };

  it('writes at 16 bit, and by codes made in advance, what onnxruntime-node writes, and breaks at 2', async () => {
    const page = await open({ viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${site.url}break/`);
    await expectAccessible(page, 'recorded');
    const recorded = await text(page, 0);
    expect(asked.filter((url) => /\.gz$|worker/.test(url))).toEqual([]);
    await page.fill('[name=prompt]', PROMPT);
    await page.click('.live-more > summary');
    await page.selectOption('[name=tokens]', String(TOKENS));
    await run(page);
    expect(asked.filter((url) => url.endsWith('.gz'))).toHaveLength(3);
    expect(asked.filter((url) => !url.startsWith(site.url) && !url.startsWith('blob:'))).toEqual([]);

    const engine = await createOnnxEngine({ threads: 1 });
    const model = await openLiveFolder(engine, resolve(DATA, 'models', MODEL));
    const codes = resolve(DATA, `live/packed/${MODEL}.${IN_ADVANCE}.safetensors`);
    await model.takePacked(IN_ADVANCE, readFileSync(codes));
    const [own, two, gptq] = await compare(model, {
      ...{ prompt: PROMPT, maxNewTokens: TOKENS, temperature: 0, seed: 1, sentence: 'He keeps a hen.' },
      recipes: ['fp16', 'rtn-w2g64', IN_ADVANCE],
    });
    await engine.close();
    expect(await text(page, 0)).toBe(own.pieces.join(''));
    expect(await text(page, 0)).not.toBe(recorded);
    expect(await text(page, 3)).not.toBe(await text(page, 0));
    expect(await part(page, 3, 'differs').textContent()).toMatch(/^[1-9]\d* of \d+$/);
    expect(await part(page, 3, 'same').textContent()).toBe(`${(two.sameChoice * 100).toFixed(1)} %`);

    await page.selectOption('[name=comparison]', 'w3');
    expect(await page.textContent('[data-part=run]')).toMatch(/^Load 0\.\d MB and run$/);
    await run(page);
    expect(asked.filter((url) => url.endsWith('.gz'))).toHaveLength(4);
    expect(asked.some((url) => url.includes(IN_ADVANCE))).toBe(true);
    expect(await part(page, 3, 'recipe').textContent()).toBe(IN_ADVANCE);
    expect(await text(page, 3)).toBe(gptq.pieces.join(''));
    expect(await page.textContent('[data-part=finding]')).toContain('GPTQ 3 bit changes');
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
