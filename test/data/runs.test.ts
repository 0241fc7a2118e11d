/** Measured values: from run files and from what the pipeline stored, with made-up cells and kept worked by hand. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { insertRows } from '../../data/database/insert.ts';
import { buildDatabase, type Database, registerRecipe } from '../../data/db.ts';
import { cellRow, metricRows, runRow } from '../../data/run-rows.ts';
import type { RunFile } from '../../data/schema.ts';
import { type BoardRow, readView } from '../../data/views.ts';
import { dataFolder, openForTest, runFile, sha } from './data-folder.ts';

async function boardOf(files: Record<string, RunFile>): Promise<{ board: BoardRow[]; database: Database }> {
  const texts = Object.entries(files).map(([name, file]) => [name, JSON.stringify(file, null, 1)]);
  const root = dataFolder({ files: Object.fromEntries(texts) });
  await buildDatabase({ root });
  const database = await openForTest(join(root, 'bitloss.duckdb'));
  return { board: await readView(database, 'board'), database };
}

const find = (board: readonly BoardRow[], wanted: Partial<BoardRow>) => {
  const rows = board.filter((row) =>
    Object.entries(wanted).every(([column, value]) => row[column as keyof BoardRow] === value),
  );
  expect(rows.length, JSON.stringify(wanted)).toBe(1);
  return rows[0];
};

const window = { window: 2048 };
const ppl = (value: number) => [{ metric: 'perplexity', unit: 'perplexity' as const, value, std_error: 0.1 }];

describe('measured values', () => {
  it('show rates of something unwanted as they are: lower is better, and nothing is kept of them', async () => {
    const drop = (value: number) => [
      { metric: 'acc', value: 0.5 },
      { metric: 'drop', unit: 'rate' as const, value },
    ];
    const ece = [{ metric: 'ece', unit: 'rate' as const, value: 0.1 }, { value: 0.8 }];
    const { board, database } = await boardOf({
      'results/bitloss/a.json': runFile('a', [
        { recipe: 'fp16', task: 'world-typos', metrics: drop(0.1) },
        { recipe: 'rtn-w3g128', task: 'world-typos', metrics: drop(0.2) },
        { recipe: 'fp16', task: 'world-calibration', metrics: ece },
        { recipe: 'rtn-w3g128', task: 'world-calibration', metrics: ece },
      ]),
    });
    const asItIs = { kept: null, kept_note: 'shown as is' };
    const w3 = { recipe_id: 'rtn-w3g128' };
    expect(find(board, { ...w3, metric: 'drop' })).toMatchObject({
      ...{ ...asItIs, is_primary: false, higher_is_better: false, baseline_value: 0.1, loss_points: null },
    });
    expect(find(board, { ...w3, task_id: 'world-typos', metric: 'acc' })).toMatchObject({ kept: 1 });
    for (const metric of ['ece', 'acc'])
      expect(find(board, { ...w3, task_id: 'world-calibration', metric })).toMatchObject(asItIs);
    const abilities = await readView(database, 'ability_kept');
    expect(abilities.map(({ recipe_id, ability }) => [recipe_id, ability]).sort()).toEqual([
      ['fp16', 'trust'],
      ['rtn-w3g128', 'trust'],
    ]);
  });

  it('have kept of accuracy and perplexity against the 16-bit cell of the same stack', async () => {
    const paired = { kept_low: 0.71, kept_high: 0.83, lost: 40, gained: 9, mcnemar_p: 0.001 };
    const { board, database } = await boardOf({
      'results/bitloss/a.json': runFile('a', [
        { recipe: 'fp16', metrics: [{ value: 0.65 }] },
        { recipe: 'fp16', task: 'world-text', settings: window, metrics: ppl(4) },
        { recipe: 'rtn-w3g128', metrics: [{ value: 0.56, paired }] },
        { recipe: 'rtn-w3g128', task: 'world-text', settings: window, metrics: ppl(5) },
        { recipe: 'rtn-w2g128', metrics: [{ value: 0.24 }] },
        {
          recipe: 'rtn-w2g128',
          task: 'world-text',
          settings: window,
          error: { code: 'memory/out', message: 'no room' },
        },
      ]),
    });
    const w3 = find(board, { recipe_id: 'rtn-w3g128', task_id: 'world-facts' });
    // (0.56 − 0.25) / (0.65 − 0.25), and the interval of the run.
    expect(w3.kept).toBeCloseTo(0.775, 12);
    expect(w3).toMatchObject({
      kept_low: 0.71,
      kept_high: 0.83,
      baseline_value: 0.65,
      origin: 'measured',
      printed: null,
    });
    expect(w3.loss_points).toBeCloseTo(9, 9);
    expect(w3).toMatchObject({
      bits: 4.25,
      bits_is_nominal: false,
      w_bits: 3,
      group_size: 128,
      method_title: 'RTN',
    });
    expect(w3).toMatchObject({
      source_id: 'bitloss',
      run_id: 'a',
      command: 'pnpm eval --run a',
      locator: 'results/bitloss/a.json',
    });
    const text = find(board, { recipe_id: 'rtn-w3g128', task_id: 'world-text' });
    expect([text.kept, text.loss_points, text.context_length]).toEqual([0.8, 1, '2048']);
    // Not paired: 0.8 · √((0.1/5)² + (0.1/4)²) · 1.96 on either side.
    expect(text.kept_low).toBeCloseTo(0.8 - 0.0502, 4);
    expect(find(board, { recipe_id: 'rtn-w2g128', task_id: 'world-facts' })).toMatchObject({
      kept: 0,
      kept_note: 'below chance',
    });
    expect(find(board, { recipe_id: 'rtn-w2g128', task_id: 'world-text' })).toMatchObject({
      ...{
        value: null,
        metric: null,
        kept: null,
        kept_note: 'failed',
        error_code: 'memory/out',
        error_message: 'no room',
      },
    });
    const [summary] = await readView(database, 'summary');
    expect(summary).toMatchObject({ reported: 0, measured: 5, failed: 1, models: 1, methods: 1, sources: 1 });
    const kept = await readView(database, 'recipe_kept');
    expect(kept.find((row) => row.recipe_id === 'rtn-w3g128')).toMatchObject({
      kept: (0.775 + 0.8) / 2,
      n_tasks: 2,
      n_abilities: 2,
    });
    expect(
      (await readView(database, 'best_at_bits')).map((row) => [row.nominal_bits, row.recipe_id]),
    ).toEqual([
      [3, 'rtn-w3g128'],
      [2, 'rtn-w2g128'],
    ]);
  });

  it('count another unit of a task, but not in means', async () => {
    const { board, database } = await boardOf({
      'results/bitloss/a.json': runFile('a', [
        {
          recipe: 'fp16',
          task: 'lambada',
          metrics: [{ value: 0.5 }, { ...ppl(10)[0], metric: 'target_perplexity' }],
        },
        {
          recipe: 'rtn-w3',
          task: 'lambada',
          metrics: [{ value: 0.4 }, { ...ppl(40)[0], metric: 'target_perplexity' }],
        },
        {
          recipe: 'fp16',
          task: 'world-text',
          metrics: [{ metric: 'bits_per_byte', unit: 'bits', value: 1 }],
        },
        {
          recipe: 'rtn-w3',
          task: 'world-text',
          metrics: [{ metric: 'bits_per_byte', unit: 'bits', value: 2 }],
        },
      ]),
    });
    expect(find(board, { recipe_id: 'rtn-w3', metric: 'target_perplexity' })).toMatchObject({
      kept: 0.25,
      is_primary: false,
    });
    expect(find(board, { recipe_id: 'rtn-w3', metric: 'bits_per_byte' })).toMatchObject({
      kept: null,
      kept_note: 'shown as is',
    });
    const kept = await readView(database, 'recipe_kept');
    expect(kept.find((row) => row.recipe_id === 'rtn-w3')).toMatchObject({ kept: 0.8, n_tasks: 1 });
  });

  it.each<[string, RunFile]>([
    [
      'other weights',
      runFile('b', [{ recipe: 'rtn-w3', metrics: [{ value: 0.5 }] }], {
        models: [{ ...runFile('b', []).run.models[0], weights: [{ name: 'w', sha256: sha('w'), bytes: 1 }] }],
      }),
    ],
    [
      'another engine',
      runFile('b', [{ recipe: 'rtn-w3', metrics: [{ value: 0.5 }] }], {
        engine: { id: 'cuda', version: '1', provider: 'cuda', settings: {} },
      }),
    ],
    [
      'other settings',
      runFile('b', [{ recipe: 'rtn-w3', settings: { limit: 10 }, metrics: [{ value: 0.5 }] }]),
    ],
  ])('of %s have no baseline', async (_name, other) => {
    const { board } = await boardOf({
      'results/bitloss/a.json': runFile('a', [{ recipe: 'fp16', metrics: [{ value: 0.65 }] }]),
      'results/bitloss/b.json': other,
    });
    expect(find(board, { recipe_id: 'rtn-w3' })).toMatchObject({
      kept: null,
      kept_note: 'no baseline',
      baseline_row_id: null,
    });
  });

  it('of someone else are submitted, and compared with their own 16-bit cell', async () => {
    const cells = (value: number) => [
      { recipe: 'fp16', metrics: [{ value }] },
      { recipe: 'rtn-w4', metrics: [{ value: 0.6 }] },
    ];
    const { board } = await boardOf({
      'results/bitloss/a.json': runFile('a', cells(0.65)),
      'results/someone/b.json': runFile('b', cells(0.66)),
    });
    expect(board.length).toBe(4);
    expect(find(board, { recipe_id: 'rtn-w4', source_id: 'someone' })).toMatchObject({
      origin: 'submitted',
      baseline_value: 0.66,
    });
    expect(find(board, { recipe_id: 'rtn-w4', source_id: 'bitloss' })).toMatchObject({
      origin: 'measured',
      baseline_value: 0.65,
    });
  });
});

describe('a cell that was measured twice', () => {
  const run = (id: string, value: number, day: number) =>
    runFile(id, [{ recipe: 'fp16', metrics: [{ value }] }], { created_at: `2026-01-0${day}T00:00:00Z` });

  it('counts once: the newer run file', async () => {
    const { board } = await boardOf({
      'results/bitloss/a.json': run('a', 0.6, 2),
      'results/bitloss/b.json': run('b', 0.7, 1),
    });
    expect(board.map((row) => [row.run_id, row.value])).toEqual([['a', 0.6]]);
  });

  it('counts once: a local run file over a published one', async () => {
    const { board } = await boardOf({
      'results/bitloss/a.json': run('a', 0.6, 2),
      'local/b/run.json': run('b', 0.7, 1),
    });
    expect(board.map((row) => [row.run_id, row.origin, row.source_id])).toEqual([
      ['b', 'measured', 'bitloss'],
    ]);
  });

  it('counts once: a published copy of a local run', async () => {
    const { board } = await boardOf({
      'results/bitloss/a.json': run('a', 0.6, 2),
      'local/a/run.json': run('a', 0.6, 2),
    });
    expect(board.length).toBe(1);
  });

  it('counts once: what the pipeline stored here over every file, and it survives a rebuild', async () => {
    const root = dataFolder({ files: { 'results/bitloss/a.json': JSON.stringify(run('a', 0.6, 2)) } });
    const path = join(root, 'bitloss.duckdb');
    await buildDatabase({ root });
    const stored = run('b', 0.7, 1);
    const store = await openForTest(path, false);
    await insertRows(store.connection, 'local_run', [runRow(stored.run, 'local', null)]);
    for (const cell of stored.cells) {
      await registerRecipe(store.connection, cell.recipe);
      await insertRows(store.connection, 'local_cell', [cellRow(stored.run, cell)]);
      await insertRows(store.connection, 'local_metric', metricRows(stored.run, cell));
    }
    const before = await readView(store, 'board');
    expect(before.map((row) => [row.run_id, row.value])).toEqual([['b', 0.7]]);
    store.close();
    await buildDatabase({ root });
    expect(await readView(await openForTest(path), 'board')).toEqual(before);
  });
});
