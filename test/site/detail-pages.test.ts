/** What the detail pages are made of: definitions taken from SQL, grids of kept, sentences about settings. */
import { expect, it } from 'vitest';
import type { Run } from '../../site/lib/catalogue.ts';
import { heatStyle } from '../../site/lib/heat.ts';
import { compressedWords, keptGrid } from '../../site/lib/kept-grid.ts';
import { paramsText } from '../../site/lib/params-text.ts';
import { runFileHref, staysInside } from '../../site/lib/run-files.ts';
import { manifestFacts, settingsText } from '../../site/lib/run-record.ts';
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
  [{ tensor: 'W', a_bits: null, kv_bits: null }, 'weights'],
  [{ tensor: 'WA', a_bits: 8, kv_bits: null }, 'weights, activations at 8 bit'],
  [{ tensor: 'W+KV', a_bits: null, kv_bits: null }, 'weights, cache at unstated bits'],
  [{ tensor: 'KV', a_bits: null, kv_bits: 4 }, 'cache alone'],
])('%j is a row of %s', (row, words) => {
  expect(compressedWords(row)).toBe(words);
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

it('writes the settings of a cell in one line, what was left open too', () => {
  expect(settingsText('{"bos":"never","limit":null,"window":2048}')).toBe(
    'bos never, limit none, window 2048',
  );
  expect(settingsText('{}')).toBe('');
});

it('shows every value of a manifest, nested or not, and the command elsewhere', () => {
  const manifest = {
    command: 'pnpm eval',
    code_commit: null,
    code_dirty: false,
    datasets: [],
    models: [
      { id: 'a', weights: [{ name: 'x', bytes: 2048 }] },
      { id: 'b', weights: [] },
    ],
    settings: {},
    wall_ms: 90_000,
  };
  const run: Run = {
    id: 'r',
    owner: 'bitloss',
    command: 'pnpm eval',
    file: null,
    manifest: JSON.stringify(manifest),
  };
  expect(manifestFacts(run).map(({ name, value }) => `${name}: ${value}`)).toEqual([
    'code_commit: none',
    'code_dirty: no',
    'datasets: none',
    'models 1.id: a',
    'models 1.weights.name: x',
    'models 1.weights.bytes: 2,048 (2.0 KiB)',
    'models 2.id: b',
    'models 2.weights: none',
    'settings: none',
    'wall_ms: 90,000 (1 min 30 s)',
  ]);
});

it('gives run files an address of their own, and item files only from the folder of their run', () => {
  expect(runFileHref({ id: 'r', file: 'results/who/r.json' })).toBe('/data/runs/r/r.json');
  expect(runFileHref({ id: 'r', file: null })).toBeNull();
  for (const path of ['../x.parquet', 'a/../../x', '/etc/passwd', '..'])
    expect(staysInside(path), path).toBe(false);
  for (const path of ['r/items.parquet', './x', 'a/../x']) expect(staysInside(path), path).toBe(true);
});

it.each([
  [6.74, '6.74 B'],
  [0.125, '125 M'],
  [0.003082496, '3.08 M'],
  [70, '70 B'],
  [null, '–'],
])('%s billion parameters are %s', (billions, text) => {
  expect(paramsText(billions)).toBe(text);
});
