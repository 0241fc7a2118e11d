/** The SQL page in Chromium: DuckDB from the site alone, a query by keyboard, its result, its address, its errors. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../data/db.ts';
import { expectAccessible } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';
import { siteForTests } from './served-site.ts';

describe.skipIf(!hasChromium)(`the SQL page in Chromium (${WHERE})`, () => {
  const site = siteForTests();
  const browser = browserForTests();
  let page: Page;
  const asked: string[] = [];

  beforeAll(async () => {
    const context = await browser.newContext({
      serviceWorkers: 'block',
      viewport: { width: 390, height: 800 },
    });
    await context.route('**/*', (route) => {
      const address = route.request().url();
      asked.push(address);
      return address.startsWith(site.url) || address.startsWith('blob:') ? route.continue() : route.abort();
    });
    page = await context.newPage();
    await page.goto(`${site.url}sql/?example=methods-at-3-bits`);
  });

  const part = (name: string) => page.locator(`[data-sql="${name}"]`);
  const run = async (sql: string) => {
    await part('query').fill(sql);
    await part('query').press('Control+Enter');
    await page.waitForFunction(() => !document.querySelector('[data-sql="form"]')!.hasAttribute('aria-busy'));
  };

  it('loads nothing of the database before the reader asks', async () => {
    await page.waitForLoadState('networkidle');
    expect(asked.filter((address) => /sql\/engine|\.csv|duckdb|chart\./.test(address))).toEqual([]);
  });

  it('answers as the database of the build does, and draws the example', async () => {
    await part('query').press('Control+Enter');
    await part('chart-drawing').locator('svg').waitFor({ timeout: 150_000 });
    await expectAccessible(page, 'a result and its drawing');
    await run(
      'SELECT count(*), count(kept), round(sum(kept), 6), count(note), count(*) FILTER (suspect) FROM results',
    );
    const database = await openDatabase(`${site.data}/bitloss.duckdb`, { readOnly: true });
    const reader = await database.connection.runAndReadAll(
      'SELECT count(*), count(kept), round(sum(kept), 6), count(note), count(*) FILTER (suspect) FROM board',
    );
    database.close();
    const cells = (await part('table').locator('td').allInnerTexts()).map(Number);
    expect(cells.map((cell) => cell.toPrecision(6))).toEqual(
      reader.getRows()[0]!.map((cell) => Number(cell).toPrecision(6)),
    );
  }, 200_000);

  it('puts the query in the address, and text of a result on the page as text', async () => {
    await run("SELECT '<b id=injected>x</b>' AS t, 'llama-2-7b' AS model_id");
    expect(new URL(page.url()).searchParams.get('sql')).toContain('injected');
    expect(await page.locator('#injected').count()).toBe(0);
    expect(await part('table').locator('a').getAttribute('href')).toContain('/models/llama-2-7b/');
  });

  it('says in plain words what is wrong, and reads nothing from outside', async () => {
    await run('SELECT kept FROM resuts');
    expect(await part('problem').innerText()).toContain('A table in the query does not exist.');
    await expectAccessible(page, 'an error');
    await run("FROM read_parquet('https://example.com/x.parquet')");
    expect(await part('problem').innerText()).toContain('no query read or load anything from outside');
    await run("SET autoload_known_extensions = true; SELECT '[1]'::JSON");
    expect(await part('problem').isVisible()).toBe(true);
    expect(asked.filter((address) => !address.startsWith(site.url) && !address.startsWith('blob:'))).toEqual(
      [],
    );
  });

  it('gives the rows as a file', async () => {
    await run('SELECT 1.5 AS a, true AS b, NULL AS c');
    const download = page.waitForEvent('download');
    await part('csv').click();
    const stream = await (await download).createReadStream();
    const text = (await stream.toArray()).map(String).join('');
    expect(text).toBe('a,b,c\r\n1.5,true,\r\n');
  });
});
