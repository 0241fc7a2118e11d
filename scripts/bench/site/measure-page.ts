/** What a visitor's browser measures: the first view at a slowed CPU, and how long a filter takes until it is painted. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

export interface FirstView {
  readonly largest_paint_ms: number;
  readonly layout_shift: number;
  readonly nodes: number;
}

export interface FilterTimes {
  /** Rows of the table that is filtered. */
  readonly rows: number;
  /** Click to paint, one a click, in the order of clicks. */
  readonly ms: readonly number[];
}

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? CHROMIUM.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error(`[bench] no Chromium at ${CHROMIUM.join(', ')}; install one or set CHROMIUM_PATH.`);
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/** A page whose CPU is `slowDown` times slower than this machine's. */
async function slowPage(browser: Browser, slowDown: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowDown });
  return page;
}

export async function firstView(browser: Browser, url: string, slowDown: number): Promise<FirstView> {
  const page = await slowPage(browser, slowDown);
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForTimeout(1000);
  const view = await page.evaluate(async () => {
    const seen = (type: string) =>
      new Promise<PerformanceEntryList>((resolve) => {
        const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
        observer.observe({ type, buffered: true });
        setTimeout(() => resolve([]), 500);
      });
    const paints = await seen('largest-contentful-paint');
    const shifts = (await seen('layout-shift')) as (PerformanceEntry & { value: number })[];
    return {
      largest_paint_ms: paints.at(-1)?.startTime ?? Number.NaN,
      layout_shift: shifts.reduce((sum, { value }) => sum + value, 0),
      nodes: document.querySelectorAll('*').length,
    };
  });
  await page.context().close();
  return view;
}

/** Clicks the first options of the facets of all results, one after another, each from click to the next painted frame. */
export async function filterTimes(browser: Browser, url: string, slowDown: number): Promise<FilterTimes> {
  const page = await slowPage(browser, slowDown);
  await page.goto(`${url}?view=results`);
  await page.mouse.move(300, 300);
  await page.waitForSelector('.live tbody tr[data-index]', { timeout: 120_000 });
  const rows = Number(await page.locator('.live table').getAttribute('aria-rowcount')) - 1;
  const ms = await clickTimes(page, 10, 300);
  await page.context().close();
  return { rows, ms };
}

/** Clicks the first options of the facets of a live board; milliseconds from each click to the next painted frame. */
export function clickTimes(page: Page, clicks: number, pause: number): Promise<readonly number[]> {
  return page.evaluate(
    async ({ clicks, pause }) => {
      const boxes = [...document.querySelectorAll<HTMLInputElement>('.facet .option input')].slice(0, clicks);
      const measured: number[] = [];
      for (const box of boxes) {
        const start = performance.now();
        box.click();
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        measured.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
      return measured;
    },
    { clicks, pause },
  );
}
