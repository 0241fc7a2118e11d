/** What the detail pages are made of: definitions taken from SQL, grids of kept, sentences about settings. */
import { expect, it } from 'vitest';
import { heatStyle } from '../../site/lib/heat.ts';
import { keptGrid } from '../../site/lib/kept-grid.ts';
import { sqlProse, viewProse } from '../../site/lib/view-prose.ts';

it('takes paragraphs and formulas from the comment above a view, and nothing of the SQL', () => {
  const sql = `-- The board: one row
-- a value.
--
-- kept:
--   fraction     (value − c)
--   perplexity   baseline / value
-- Then text.

CREATE VIEW board AS -- not this
SELECT 1;
-- nor this
`;
  expect(sqlProse(sql)).toEqual([
    { kind: 'text', text: 'The board: one row a value.' },
    { kind: 'text', text: 'kept:' },
    { kind: 'formulas', lines: ['fraction     (value − c)', 'perplexity   baseline / value'] },
    { kind: 'text', text: 'Then text.' },
  ]);
  expect(sqlProse('SELECT 1;')).toEqual([]);
});

it('finds the definition of kept in the real view, and says when there is no such view', () => {
  const formulas = viewProse('board').flatMap((block) => (block.kind === 'formulas' ? block.lines : []));
  expect(formulas.join(' ')).toContain('(value − c) / (baseline − c)');
  expect(() => viewProse('no-such-view')).toThrow('data/views has no no-such-view.sql');
});

it('arranges kept with bits falling, a hole where nothing is known', () => {
  const grid = keptGrid([
    { row: 'knowledge', bits: 2, kept: 0.5, note: 'GPTQ' },
    { row: 'knowledge', bits: 8, kept: 1, note: 'RTN' },
    { row: 'trust', bits: 4, kept: 0.9, note: 'AWQ' },
  ]);
  expect(grid.bits).toEqual([8, 4, 2]);
  expect(grid.rows.map(({ title, cells }) => [title, cells.map((cell) => cell?.kept ?? null)])).toEqual([
    ['knowledge', [1, null, 0.5]],
    ['trust', [null, 0.9, null]],
  ]);
});

it.each([
  [1.2, 5],
  [0.98, 5],
  [0.9799, 4],
  [0.9, 3],
  [0.7, 2],
  [0.4, 1],
  [0.39, 0],
  [-1, 0],
])('colours %s kept with step %s of the heat scale', (kept, level) => {
  expect(heatStyle(kept)).toContain(`--heat:var(--heat-${level});`);
});
