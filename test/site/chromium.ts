/** The browser of the browser tests: where CHROMIUM_PATH points, else the usual places. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

const USUAL = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const path = process.env['CHROMIUM_PATH'] ?? USUAL.find((place) => existsSync(place));

export const hasChromium = path !== undefined && existsSync(path);
export const WHERE = hasChromium
  ? path
  : `skipped: no Chromium at ${path ?? USUAL.join(', ')}; install one or set CHROMIUM_PATH`;

if (!hasChromium && process.env['BITLOSS_REQUIRE_BROWSER'] !== undefined) throw new Error(WHERE);
if (!hasChromium) console.log(WHERE);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser that is there while the tests of the file or `describe` run in which this is called. */
export function browserForTests(): Pick<Browser, 'newContext' | 'newPage'> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: path!, args: FLAGS });
  });
  afterAll(() => browser?.close());
  return {
    newContext: (options) => browser.newContext(options),
    newPage: (options) => browser.newPage(options),
  };
}
