/** Components that become text without React are the text that React makes of them. */
import { createElement, Fragment, memo, type ReactNode, useState } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { EvidenceTable } from '../../site/islands/EvidenceTable.tsx';
import { RECIPE_COLUMNS } from '../../site/islands/recipe-columns.tsx';
import { RESULT_COLUMNS } from '../../site/islands/result-columns.tsx';
import { RecipeTable, ResultTable } from '../../site/islands/StaticTable.tsx';
import { staticMarkup } from '../../site/islands/static-markup.ts';
import { EVIDENCE, type Subject } from '../../site/lib/evidence.ts';
import { recipeRow, resultRow } from './result-row.ts';

const HOSTILE = `</td><script>alert("1")</script>'&amp; <!-- \u202e`;
const ROWS = [
  resultRow(),
  resultRow({ id: 'b', doubt: HOSTILE, note: HOSTILE, low: 0.9, high: 1.02, source_title: HOSTILE }),
  resultRow({ id: 'c', error: HOSTILE, value: null, kept: null, kept_note: HOSTILE, run: 'run:a+b' }),
  resultRow({ id: 'd', recipe: 'fp16', kept: -0.2, is_baseline: true, loss: null, n: 1234 }),
];

let times = 0;

const Counted = memo(({ row }: { readonly row: { readonly id: string } }): ReactNode => {
  times++;
  return createElement('b', null, row.id);
});

const Two = memo(
  ({ a, b }: { readonly a: object; readonly b: number }): ReactNode => `${Object.keys(a)} ${b}`,
);

function Hooked(): ReactNode {
  return String(useState(1)[0]);
}

const ids = (columns: readonly { readonly id: string }[]) => columns.map(({ id }) => id);

describe('equals what React makes', () => {
  const same = (node: ReactNode) => {
    const html = staticMarkup(node);
    expect(html).toBe(renderToStaticMarkup(node));
    return html;
  };

  it.each(Object.keys(EVIDENCE) as Subject[])('of the results of a %s', (subject) => {
    const table = createElement(EvidenceTable, { rows: ROWS, evidence: EVIDENCE[subject], caption: HOSTILE });
    expect(same(table).match(/<tr /g)!.length).toBeGreaterThan(ROWS.length);
  });

  it('of every column of both boards', () => {
    same(
      createElement(ResultTable, { rows: ROWS, caption: HOSTILE, and: ids(RESULT_COLUMNS), anchors: 'id' }),
    );
    const recipes = [recipeRow(), recipeRow({ low: null, high: null, size_bytes: 1e9, page: 1 })];
    same(createElement(RecipeTable, { rows: recipes, caption: 'two', and: ids(RECIPE_COLUMNS) }));
  });

  it('of components that are made once for each row', () => {
    const [one, two] = [{ id: HOSTILE }, { id: 'two' }];
    const node = createElement(
      Fragment,
      null,
      ...[one, two, one].map((row) => createElement(Counted, { row })),
    );
    expect(staticMarkup(node)).toBe(renderToStaticMarkup(node));
    times = 0;
    staticMarkup(node);
    expect(times).toBe(0);
    same(createElement(Fragment, null, ...[1, 2].map((b) => createElement(Two, { a: one, b }))));
  });

  it('of attributes, styles, void elements, fragments and what is empty', () => {
    const list = [null, undefined, true, false, 0, '', 12n, 'a', 'b'] as ReactNode;
    same(createElement(Fragment, null, list, createElement('br'), createElement('i', { key: 'i' }, [])));
    same(
      createElement('input', {
        id: 'x',
        type: 'checkbox',
        hidden: true,
        disabled: false,
        title: HOSTILE,
        'aria-hidden': true,
        'data-on': false,
        style: { '--k': 0.5, color: 'var(--a)', borderTopColor: 'red', width: undefined },
      }),
    );
    same(createElement('label', { htmlFor: 'x', className: 'c', onClick: undefined }, HOSTILE));
  });
});

describe('refuses what text cannot say', () => {
  it('hooks, handlers, objects, promises and numbers without a unit', () => {
    expect(() => staticMarkup(createElement(Hooked))).toThrow();
    expect(() => staticMarkup(createElement('p', { onClick: () => 1 }))).toThrow(
      'attribute onClick holds a function',
    );
    expect(() => staticMarkup({} as ReactNode)).toThrow('got object');
    expect(() => staticMarkup(Promise.resolve('x') as unknown as ReactNode)).toThrow('got object');
    expect(() => staticMarkup(createElement('p', { style: { width: 3 } }))).toThrow('with its unit');
  });
});
