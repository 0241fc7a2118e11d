/** Long tables: axe is spared rows in which nothing is new, and no other. */
import { describe, expect, it } from 'vitest';
import { axeFindings } from './axe.ts';
import { browserForTests, hasChromium, WHERE } from './chromium.ts';

const row = (cell: string) => `<tr><th scope="row">One</th><td class="num">${cell}</td></tr>`;
const USUAL = Array.from({ length: 30 }, (_, place) => row(`<i style="--k:0.${place}">${place} %</i>`));

/** Cells by the rule that objects to them. */
const WRONG: Readonly<Record<string, string>> = {
  'color-contrast': '<i style="color:var(--heat-3)">40 %</i>',
  'image-alt': '<img src="data:,">',
  'link-name': '<a href="/runs/"></a>',
};

describe.skipIf(!hasChromium)(`in Chromium (${WHERE})`, () => {
  const browser = browserForTests();

  it('finds what is wrong in one row among many usual ones', async () => {
    const rows = [...Object.values(WRONG).flatMap((cell) => [...USUAL, row(cell)]), ...USUAL];
    const page = await browser.newPage();
    await page.setContent(`<html lang="en"><title>Rows</title><style>:root { --heat-3: #eee }</style><main><h1>Rows</h1>
      <table><thead><tr><th scope="col">Name</th><th scope="col">Kept</th></tr></thead>
      <tbody>${rows.join('')}</tbody></table></main></html>`);
    const found = await axeFindings(page);
    expect(found.map((line) => line.split(':')[0]).sort()).toEqual(Object.keys(WRONG));
    const looked = await page.locator('tbody tr:not([data-repeated])').count();
    expect(looked).toBe(1 + Object.keys(WRONG).length);
    await page.close();
  });
});
