/** What runs changed: three runs of one model, the second with a number that moved, the third in another way. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDatabase, openDatabase } from '../../data/db.ts';
import { readView, VIEW_ROWS, type ViewRow } from '../../data/views.ts';
import { changeWords } from '../../site/lib/run-history.ts';
import { dataFolder, runFile } from './data-folder.ts';

const runs = {
  first: runFile('first', [
    { recipe: 'fp16', metrics: [{ value: 0.9 }] },
    { recipe: 'rtn-w4', metrics: [{ value: 0.8 }, { metric: 'acc_norm', value: 0.7 }] },
  ]),
  second: runFile(
    'second',
    [
      { recipe: 'fp16', metrics: [{ value: 0.9 }] },
      { recipe: 'rtn-w4', metrics: [{ value: 0.81 }, { metric: 'acc_norm', value: 0.7 }] },
      { recipe: 'rtn-w2', error: { code: 'engine/out-of-memory', message: 'out of memory' } },
    ],
    { created_at: '2026-02-02T03:04:05.678Z', code_commit: 'a'.repeat(40) },
  ),
  third: runFile('third', [{ recipe: 'fp16', metrics: [{ value: 0.95 }], settings: { window: 64 } }], {
    created_at: '2026-03-02T03:04:05.678Z',
  }),
};

describe('what a run changed', () => {
  let changes: ViewRow<'run_change'>[];

  beforeAll(async () => {
    const files = Object.entries(runs).map(([id, run]) => [
      `results/bitloss/${id}.json`,
      JSON.stringify(run),
    ]);
    const root = dataFolder({ files: Object.fromEntries(files) });
    await buildDatabase({ root });
    const database = await openDatabase(join(root, 'bitloss.duckdb'), { readOnly: true });
    changes = await readView(database, 'run_change');
    database.close();
  }, 60_000);

  it('is told newest first, each run against the last before it', () => {
    for (const row of changes) VIEW_ROWS.run_change.parse(row);
    expect(changes.map(({ run_id, before_run_id }) => [run_id, before_run_id])).toEqual([
      ['third', 'second'],
      ['second', 'first'],
      ['first', null],
    ]);
  });

  it('is what is new, what came out the same, and what moved most', () => {
    expect(changes[1]).toMatchObject({
      ...{ n_cells: 3, n_failed: 1, n_values: 3, n_again: 3, n_same: 2, n_otherwise: 0 },
      ...{ largest_recipe_id: 'rtn-w4', largest_metric: 'acc', largest_before: 0.8, largest_after: 0.81 },
      code_commit: 'a'.repeat(40),
    });
    expect(changeWords(changes[1]!)).toBe(
      '3 cells, 1 failed; 3 values measured again, 2 the same to the last digit; most moved world-facts acc of rtn-w4, from 80.0 to 81.0.',
    );
  });

  it('holds only what was asked for in the same way to the same number', () => {
    expect(changes[0]).toMatchObject({ n_values: 1, n_again: 0, n_otherwise: 1, largest_task_id: null });
    expect(changeWords(changes[0]!)).toMatch(/^1 cell; 1 value asked for in another way/);
    expect(changeWords(changes[2]!)).toBe('2 cells; 3 values for the first time.');
  });
});
