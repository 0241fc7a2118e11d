/** Made-up runs are run files as any other, as many rows as asked for, the same for the same seed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatCompactRun, parseRun } from '../../../data/compact-run.ts';
import { isMissed, linesOf, type SiteMeasurement } from '../../../scripts/bench/site/budgets.ts';
import { recipesOf } from '../../../scripts/synthetic/recipes.ts';
import { type SyntheticCatalogue, syntheticRuns } from '../../../scripts/synthetic/runs.ts';
import { DATA } from '../../data/data-folder.ts';

const read = (name: string) => JSON.parse(readFileSync(join(DATA, name), 'utf8'));
const catalogue: SyntheticCatalogue = {
  models: read('models.json').slice(0, 3),
  methods: read('methods.json'),
  tasks: read('tasks.json'),
};
const texts = (rows: number, seed: number) => [...syntheticRuns(catalogue, rows, seed)].map(formatCompactRun);

describe('synthetic runs', () => {
  it('are run files with as many values as asked for, each cell once', () => {
    const runs = texts(1000, 1).map(parseRun);
    expect(runs).toHaveLength(3);
    const cells = runs.flatMap((run) => run.cells);
    expect(cells).toHaveLength(1000);
    expect(new Set(cells.map(({ cell_key }) => cell_key)).size).toBe(1000);
    expect(new Set(cells.map(({ recipe }) => recipe)).size).toBeGreaterThan(20);
    for (const cell of cells) expect('metrics' in cell && cell.metrics[0]!.value).toBeGreaterThanOrEqual(0);
  });

  it('are the same for the same seed, others for another', () => {
    expect(texts(60, 1)).toEqual(texts(60, 1));
    expect(texts(60, 2)).not.toEqual(texts(60, 1));
  });

  it('lose more at fewer bits, and refuse more rows than there are', () => {
    const losses = recipesOf({ id: 'gptq', kind: 'weights' }).map(({ loss }) => loss);
    expect(losses).toEqual(losses.toSorted((a, b) => a - b));
    expect(() => texts(10_000_000, 1)).toThrow('10000000 rows are more than the');
  });
});

it('a budget that is not met is missed, one that was not measured too', () => {
  const filters = { rows: 100_000, ms: [90, 20, 130] };
  const view = { largest_paint_ms: Number.NaN, layout_shift: 0.01, nodes: 900 };
  const site: SiteMeasurement = {
    ...{ data: 'synthetic', build: null, differing: [], filters, slowFilters: filters },
    views: { 'curves/': view },
    bytes: 2 ** 30,
    weights: { 'curves/index.html': { html: 140 * 1024, css: 9 * 1024, js: 2 * 1024 } },
  };
  const lines = linesOf(site);
  expect(lines.find(({ what }) => what.endsWith('to paint, median'))).toMatchObject({
    measured: 90,
    at_most: 100,
  });
  expect(lines.filter(isMissed).map(({ what }) => what)).toEqual([
    'synthetic: /curves/ largest paint, slow CPU',
    'synthetic: /curves/index.html weight',
  ]);
});
