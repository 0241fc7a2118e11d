/** The fields of ranges as a reader meets them, and their chips among the filters in force. */
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { ActiveFilters } from '../../site/islands/ActiveFilters.tsx';
import { RangeFields } from '../../site/islands/RangeFields.tsx';
import { decodeState } from '../../site/lib/board-state.ts';
import { decodeTable, encodeRows } from '../../site/lib/payload.ts';
import { recipeRow, resultRow } from './result-row.ts';

const setState = () => undefined;
const state = decodeState('?bpw=2..4.5&size=..16');

it('has two named numbers for each quantity, with what the address says', () => {
  const table = decodeTable(encodeRows([recipeRow()], 'recipe', 'v1'));
  const html = renderToStaticMarkup(createElement(RangeFields, { state, setState, table }));
  expect(html.match(/<input/g)).toHaveLength(6);
  expect(html).toContain('aria-label="True bits per weight, from" value="2"');
  expect(html).toContain('aria-label="Size, GB, to" value="16"');
  expect(renderToStaticMarkup(createElement(ActiveFilters, { state, setState, table }))).toContain('2..4.5');
});

it('asks for no size where rows have none', () => {
  const table = decodeTable(encodeRows([resultRow()], 'result', 'v1'));
  const html = renderToStaticMarkup(createElement(RangeFields, { state, setState, table }));
  expect(html.match(/<input/g)).toHaveLength(4);
  expect(renderToStaticMarkup(createElement(ActiveFilters, { state, setState, table }))).not.toContain('16');
});
