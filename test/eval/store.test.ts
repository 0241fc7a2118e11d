import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRun } from '../../data/compact-run.ts';
import { openDatabase } from '../../data/db.ts';
import type { FailedCell, FinishedCell } from '../../data/schema.ts';
import type { ItemTable } from '../../eval/items.ts';
import { cellsOf, type PlannedRun } from '../../eval/plan.ts';
import { readPackedItems } from '../../eval/store/packed-items.ts';
import { publishRun } from '../../eval/store/publish.ts';
import { dataFolder } from '../data/data-folder.ts';
import { openStore, placesIn, scratchFolder } from './pipeline/places.ts';
import { facts, itemsOf, plannedRun, recipes, text } from './pipeline/samples.ts';

const run = plannedRun();
const items = itemsOf(['a', 'b\'"', 'ü'], [0.1, 1 / 3, 1e-300]);

function base(of: PlannedRun, index: number) {
  const { key, recipe, task, settings } = cellsOf(of)[index]!;
  const name = { cell_key: key, model: 'tiny', recipe, task: task.id, task_version: task.version };
  return { ...name, settings: { ...settings }, wall_ms: 5, peak_memory_bytes: 6 };
}

function finished(of: PlannedRun, index: number, value = 0.5): FinishedCell {
  const metric = { metric: 'acc', unit: 'fraction', value, std_error: 0.1, n: 3, paired: null } as const;
  return {
    ...base(of, index),
    bits_per_weight: 4.25,
    size_bytes: 9,
    metrics: [metric],
    items: null,
    notes: ['noted'],
  };
}

function failed(of: PlannedRun, index: number, code: string): FailedCell {
  return { ...base(of, index), error: { code, message: `it failed with ${code}` } };
}

const read = (file: string) => parseRun(readFileSync(file, 'utf8'));

async function rows(database: string, sql: string) {
  const { connection, close } = await openDatabase(database, { readOnly: true });
  const reader = await connection.runAndReadAll(sql);
  const found = reader.getRowObjectsJson();
  close();
  return found;
}

const timeless = (table: ItemTable) => JSON.parse(JSON.stringify(table));

describe('a finished cell', () => {
  test('is in the run file, in the tables and in Parquet at once', async () => {
    const { store, places, begin } = await openStore();
    const stored = await begin(run);
    await stored.finish(finished(run, 0), items);
    expect(read(stored.file)).toMatchObject({
      schema: 1,
      run: { run_id: run.id, created_at: '2026-01-02T03:04:05.000Z', wall_ms: 1000 },
      cells: [{ recipe: 'fp16', items: 'items/fp16.world-text.parquet', notes: ['noted'] }],
    });
    expect(timeless((await stored.items(cellsOf(run)[0]!.key))!)).toEqual(timeless(items));
    expect(await stored.items(cellsOf(run)[1]!.key)).toBeNull();
    store.close();
    expect(
      await rows(places.database, 'SELECT run_id, recipe_id, task_id, error_code, notes FROM local_cell'),
    ).toEqual([
      { run_id: run.id, recipe_id: 'fp16', task_id: 'world-text', error_code: null, notes: 'noted' },
    ]);
    expect(await rows(places.database, 'SELECT metric, value FROM local_metric')).toEqual([
      { metric: 'acc', value: 0.5 },
    ]);
    expect(
      await rows(places.database, "SELECT count(*)::INT AS n FROM board WHERE origin = 'measured'"),
    ).toEqual([{ n: 1 }]);
    expect(readdirSync(path.dirname(stored.file)).sort()).toEqual(['items', 'run.json']);
  });

  test('with a number that cannot be stored becomes a failed one', async () => {
    const { begin } = await openStore();
    const stored = await begin(run);
    const cell = await stored.finish(finished(run, 0, Number.POSITIVE_INFINITY), items);
    expect(cell).toMatchObject({ error: { code: 'run/invalid-result' } });
    expect(read(stored.file).cells).toEqual([cell]);
    expect(existsSync(path.join(path.dirname(stored.file), 'items'))).toBe(false);
  });
});

describe('the next session', () => {
  test('finds what was stored, adds up times and keeps the order of the plan', async () => {
    const places = placesIn(scratchFolder());
    const first = await openStore(places);
    const before = await first.begin(run);
    await before.finish(finished(run, 3), items);
    first.store.close();
    const second = await openStore(places, first.root);
    const after = await second.begin(run);
    expect([...after.earlier.keys()]).toEqual([cellsOf(run)[3]!.key]);
    expect(after.isComplete).toBe(false);
    await after.finish(finished(run, 0), items);
    const { run: manifest, cells } = read(after.file);
    expect(cells.map(({ recipe, task }) => `${recipe} ${task}`)).toEqual([
      'fp16 world-text',
      'rtn-w4g64 world-facts',
    ]);
    expect(manifest.wall_ms).toBe(2000);
    expect(manifest.settings.sessions).toHaveLength(2);
  });

  test('changes nothing where there is nothing to do', async () => {
    const places = placesIn(scratchFolder());
    const first = await openStore(places);
    const one = plannedRun({ recipes: [], tasks: [text] });
    const stored = await first.begin(one);
    await stored.finish(finished(one, 0), items);
    const bytes = readFileSync(stored.file, 'utf8');
    first.store.close();
    const second = await openStore(places, first.root);
    expect((await second.begin(one)).isComplete).toBe(true);
    expect(readFileSync(stored.file, 'utf8')).toBe(bytes);
  });

  test('brings the tables up to the file, as after a kill in between or a new database', async () => {
    const places = placesIn(scratchFolder());
    const first = await openStore(places);
    const stored = await first.begin(run);
    await stored.finish(finished(run, 0), items);
    await stored.fail(failed(run, 1, 'task/not-finite'));
    first.store.close();
    rmSync(places.database);
    const second = await openStore(places, first.root);
    await second.begin(run);
    second.store.close();
    const cells = await rows(places.database, 'SELECT task_id, error_code FROM local_cell ORDER BY task_id');
    expect(cells).toEqual([
      { task_id: 'world-facts', error_code: 'task/not-finite' },
      { task_id: 'world-text', error_code: null },
    ]);
    expect(await rows(places.database, 'SELECT file FROM local_run')).toEqual([{ file: stored.file }]);
  });

  test('measures a cell again whose item outcomes are gone', async () => {
    const places = placesIn(scratchFolder());
    const first = await openStore(places);
    const stored = await first.begin(run);
    await stored.finish(finished(run, 0), items);
    await stored.finish(finished(run, 1), items);
    first.store.close();
    rmSync(path.join(path.dirname(stored.file), 'items/fp16.world-text.parquet'));
    const second = await openStore(places, first.root);
    expect([...(await second.begin(run)).earlier.keys()]).toEqual([cellsOf(run)[1]!.key]);
  });

  test('tidies up after processes that were killed, and only after those', async () => {
    const places = placesIn(scratchFolder());
    const first = await openStore(places);
    const { file } = await first.begin(run);
    first.store.close();
    const dead = spawnSync(process.execPath, ['--version']).pid;
    const left = [
      `${places.database}.new-${dead}`,
      `${file}.tmp-${dead}`,
      `${path.dirname(file)}/items/x.tmp-${dead}`,
    ];
    const used = `${file}.tmp-${process.ppid}`;
    mkdirSync(path.join(path.dirname(file), 'items'), { recursive: true });
    for (const name of [...left, used]) writeFileSync(name, 'half');
    await (await openStore(places, first.root)).begin(run);
    expect(left.filter((name) => existsSync(name))).toEqual([]);
    expect(existsSync(used)).toBe(true);
  });

  test('keeps failures for good reasons, unless told to try again', async () => {
    const places = placesIn(scratchFolder());
    const first = await openStore(places);
    const stored = await first.begin(run);
    await stored.fail(failed(run, 0, 'task/not-finite'));
    await stored.fail(failed(run, 1, 'compress/write'));
    first.store.close();
    const second = await openStore(places, first.root);
    expect([...(await second.begin(run)).earlier.keys()]).toEqual([cellsOf(run)[0]!.key]);
    const retried = await second.begin(run, true);
    expect(retried.earlier.size).toBe(0);
    await retried.finish(finished(run, 0), items);
    second.store.close();
    const sql = 'SELECT error_code FROM local_cell JOIN local_metric USING (run_id, cell_key)';
    expect(await rows(places.database, sql)).toEqual([{ error_code: null }]);
  });
});

test('a run takes over what another run measured, with the item outcomes', async () => {
  const small = plannedRun({ recipes: recipes('rtn-w4g64'), tasks: [facts] });
  expect(small.id).not.toBe(run.id);
  const { places, begin } = await openStore();
  const other = await begin(small);
  for (const index of [0, 1]) await other.finish(finished(small, index), items);
  const stored = await begin(run);
  expect([...stored.earlier.values()].map(({ recipe, task }) => `${recipe} ${task}`)).toEqual([
    'fp16 world-facts',
    'rtn-w4g64 world-facts',
  ]);
  rmSync(path.join(places.results, small.id), { recursive: true });
  expect((await stored.items(cellsOf(run)[1]!.key))!.rows).toBe(3);
  expect(read(stored.file).cells).toHaveLength(2);
});

test('also where the database is new and knows the other run from its file only', async () => {
  const root = dataFolder();
  const places = { ...placesIn(root), database: path.join(root, 'bitloss.duckdb') };
  const small = plannedRun({ recipes: recipes('rtn-w4g64'), tasks: [facts] });
  const first = await openStore(places, root);
  const other = await first.begin(small);
  for (const index of [0, 1]) await other.finish(finished(small, index), items);
  first.store.close();
  rmSync(places.database);
  const second = await openStore(places, root);
  const stored = await second.begin(run);
  expect(stored.earlier.size).toBe(2);
  expect((await stored.items(cellsOf(run)[1]!.key))!.rows).toBe(3);
  const { settings } = read(stored.file).run;
  expect(settings.sessions).toHaveLength(2);
  second.store.close();
});

test('a run inside the data folder, and its published copy, count once', async () => {
  const root = dataFolder();
  const places = { ...placesIn(root), database: path.join(root, 'bitloss.duckdb') };
  const first = await openStore(places, root);
  const stored = await first.begin(run);
  await stored.finish(finished(run, 0), items);
  await publishRun(stored.file, root, 'bitloss');
  first.store.close();
  const second = await openStore(places, root);
  expect((await second.begin(run)).earlier.size).toBe(1);
  second.store.close();
  const sql = "SELECT run_id, locator, value FROM board WHERE origin = 'measured'";
  const locator = `local/${run.id}/run.json`;
  expect(await rows(places.database, sql)).toEqual([{ run_id: run.id, locator, value: 0.5 }]);
});

test('a damaged run file is left as it is, and says so', async () => {
  const { begin } = await openStore();
  const stored = await begin(run);
  await stored.finish(finished(run, 0), items);
  const damaged = readFileSync(stored.file, 'utf8').slice(0, 200);
  writeFileSync(stored.file, damaged);
  await expect(begin(run)).rejects.toMatchObject({ code: 'store/run-file' });
  expect(readFileSync(stored.file, 'utf8')).toBe(damaged);
});

test('a damaged item file fails the comparison and nothing else', async () => {
  const { begin } = await openStore();
  const stored = await begin(run);
  await stored.finish(finished(run, 0), items);
  writeFileSync(path.join(path.dirname(stored.file), 'items/fp16.world-text.parquet'), 'PAR1 but no more');
  await expect(stored.items(cellsOf(run)[0]!.key)).rejects.toMatchObject({ code: 'store/items' });
});

describe('publishing', () => {
  test('copies the run with its items, once', async () => {
    const { root, begin } = await openStore();
    const stored = await begin(run);
    await stored.finish(finished(run, 0), items);
    await stored.fail(failed(run, 1, 'task/not-finite'));
    const copy = await publishRun(stored.file, root, 'bitloss');
    expect(copy).toBe(path.join(root, 'results/bitloss', `${run.id}.json`));
    const [cell] = read(copy).cells as FinishedCell[];
    expect(cell!.items).toBe(`${run.id}.parquet`);
    const packed = await readPackedItems(path.join(path.dirname(copy), cell!.items!));
    expect(packed.tableOf(cell!.task, 'fp16')!.rows).toBe(items.rows);
    expect(await publishRun(stored.file, root, 'bitloss')).toBe(copy);
    await stored.finish(finished(run, 1), items);
    await expect(publishRun(stored.file, root, 'bitloss')).rejects.toMatchObject({ code: 'store/exists' });
  });
});
