/** Texts of data and addresses are never more than text, whatever they look like. */
import { createElement, type ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { paperSchema } from '../../data/catalog-schema.ts';
import { ActiveFilters } from '../../site/islands/ActiveFilters.tsx';
import { Chips, Kept } from '../../site/islands/cells.tsx';
import type { BoardColumn } from '../../site/islands/columns.tsx';
import { Facet } from '../../site/islands/Facet.tsx';
import { RowCells } from '../../site/islands/RowCells.tsx';
import { evidenceHref, RECIPE_COLUMNS } from '../../site/islands/recipe-columns.tsx';
import { originHref, RESULT_COLUMNS } from '../../site/islands/result-columns.tsx';
import { RecipeTable, ResultTable } from '../../site/islands/StaticTable.tsx';
import { DEFAULT_STATE, decodeState } from '../../site/lib/board-state.ts';
import { toCsv } from '../../site/lib/csv.ts';
import { decodeTable, encodeRows } from '../../site/lib/payload.ts';
import type { Row } from '../../site/lib/row-types.ts';
import { recipeRow, resultRow } from './result-row.ts';

/** Ends a tag, an attribute of either quote, a comment and a script, and turns the direction of writing round. */
const HOSTILE = `</td><script>alert(1)</script>"><img src=x onerror='alert(2)'> -->\u202eabc\u2066`;

/** Every text of a row, hostile, but those that the schemas allow only a few values for. */
function hostile<R extends Row>(row: R): R {
  const fixed = ['kind', 'origin', 'unit', 'mark', 'run', 'url'];
  const changed = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'string' && !fixed.includes(name) ? HOSTILE : value,
  ]);
  return Object.fromEntries(changed) as R;
}

const RESULT = hostile(
  resultRow({ note: '?', doubt: '?', kept_note: 'below chance', protocol: '?', low: 0.9, high: 1 }),
);
const RECIPE = { ...hostile(recipeRow()), chips: [HOSTILE] };

function expectInert(html: string): void {
  expect(html).toContain('&lt;script&gt;');
  expect(html).not.toMatch(/<script|<img/i);
  // Attributes: none but those the components write.
  const tags = html.match(/<[a-z][^>]*>/g) ?? [];
  for (const tag of tags) expect(tag.replaceAll(/"[^"]*"/g, '""'), tag).not.toMatch(/onerror|alert|script/);
}

const render = (node: ReactNode) => renderToStaticMarkup(node);

describe('hostile rows', () => {
  const every = <R extends Row>(columns: readonly BoardColumn<R>[]) => columns.map(({ id }) => id);

  it('are text in a table of results with every column', () => {
    const html = render(
      createElement(ResultTable, {
        rows: [RESULT, hostile(resultRow({ error: '?', value: null, kept: null, kept_note: '?' }))],
        caption: HOSTILE,
        and: every(RESULT_COLUMNS),
        anchors: 'key',
      }),
    );
    expectInert(html);
    expect(html.match(/<td /g)).toHaveLength(2 * RESULT_COLUMNS.length);
    expect(html.match(/<tr /g)).toHaveLength(3);
  });

  it('are text in a table of recipes with every column', () => {
    const html = render(
      createElement(RecipeTable, { rows: [RECIPE], caption: HOSTILE, and: every(RECIPE_COLUMNS) }),
    );
    expectInert(html);
    expect(html.match(/<td /g)).toHaveLength(RECIPE_COLUMNS.length);
  });

  it('are the same text after their way to the browser', () => {
    const payload = JSON.parse(JSON.stringify(encodeRows([RESULT], 'result', 'v')));
    const columns = RESULT_COLUMNS as unknown as readonly BoardColumn<Row>[];
    const cells = (row: Row) => render(createElement(RowCells<Row>, { row, columns }));
    expect(cells(decodeTable(payload).row(0))).toBe(cells(RESULT));
  });

  it('are text in facets, chips, bars and titles', () => {
    const value = { id: HOSTILE, label: HOSTILE, search: HOSTILE };
    const facet = createElement(Facet, {
      facet: 'model',
      title: 'Model',
      values: [value],
      counts: Uint32Array.of(1),
      isOpen: true,
      state: DEFAULT_STATE,
      setState: () => undefined,
    });
    expectInert(render(facet));
    expectInert(render(createElement(Chips, { chips: [HOSTILE] })));
    expectInert(render(createElement(Kept, { kept: null, low: null, high: null, note: HOSTILE })));
    expect(render(createElement(Kept, { kept: 1, low: null, high: null, note: HOSTILE }))).toMatch(
      /title="&lt;\/td&gt;&lt;script&gt;[^"<>]*"/,
    );
  });
});

describe('hostile addresses', () => {
  const table = decodeTable(encodeRows([resultRow()], 'result', 'v'));
  const bar = (query: string) =>
    render(createElement(ActiveFilters, { state: decodeState(query), setState: () => undefined, table }));

  it('show what they ask for as text', () => {
    const html = bar(`?model=${encodeURIComponent(HOSTILE)}&bits=%3Cscript%3Ealert(1)%3C/script%3E`);
    expectInert(html);
    expect(html.match(/<button/g)).toHaveLength(3);
  });

  it('show nothing where they ask for nothing', () => {
    expect(bar('?modell=x&q=%3Cscript%3E')).toBe('');
  });

  it('name a value by its label where it has one', () => {
    expect(bar('?model=llama-2-7b')).toContain('LLaMA-2-7B');
  });
});

describe('links', () => {
  it('stay on the site, and in the folder of their kind', () => {
    const path = evidenceHref(recipeRow({ model: HOSTILE.replaceAll('/', ''), recipe: 'a b#c', page: 3 }));
    expect(path).toMatch(/^\/models\/[^/"'<>\s]*%3Cscript%3E[^/"<>\s]*\/results\/3\/#a%20b%23c\.paper-a$/);
    expect(evidenceHref(recipeRow({ page: 1 }))).toBe('/models/llama-2-7b/results/#gptq-w4g128.paper-a');
  });

  it('of a number lead to its run, else to its file, else to its source', () => {
    expect(originHref(resultRow({ run: 'run-1', id: 'abc' }))).toBe('/runs/run-1/#abc');
    expect(originHref(resultRow())).toBe('https://example.org/a.md');
    expect(originHref(resultRow({ locator: 'results/me/a-12.claim.json', id: 'abc' }))).toBe(
      '/claimed/a-12/#abc',
    );
    expect(originHref(resultRow({ url: null }))).toBe('/sources/paper-a/');
  });

  it('never run anything', () => {
    const rows = [resultRow({ url: 'javascript:alert(1)' })];
    const html = render(createElement(ResultTable, { rows, caption: 'c' }));
    expect(html).not.toContain('javascript:alert');
  });
});

it('a spreadsheet runs nothing either', () => {
  const cells = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', HOSTILE, '5 - 3', ''];
  const [, ...lines] = toCsv(
    ['text'],
    cells.map((cell) => [cell]),
  ).split('\r\n');
  expect(lines).toEqual([
    `'=1+1`,
    `'+1`,
    `'-1`,
    `'@SUM(A1)`,
    `'\tx`,
    `"'\rx"`,
    `"${HOSTILE.replaceAll('"', '""')}"`,
    '5 - 3',
    '',
    '',
  ]);
});

it.each([
  ['https://example.org/a', true],
  ['http://example.org/a', true],
  ['javascript:alert(1)', false],
  ['data:text/html,<script>alert(1)</script>', false],
  ['//example.org', false],
])('a paper may lead to %s: %s', (url, isAllowed) => {
  expect(paperSchema.shape.url.safeParse(url).success).toBe(isAllowed);
});
