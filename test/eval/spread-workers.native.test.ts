/** Workers that die, lose their device or say what is wrong: nothing stored is lost, and what goes on goes on. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cell, runFileSchema } from '../../data/schema.ts';
import { cellsOf, type PlannedRun } from '../../eval/plan.ts';
import { DEVICE_LOST } from '../../eval/spread/judge.ts';
import { planUnits, type Unit } from '../../eval/spread/units.ts';
import { measureUnits, type WorkerPlace, type WorkerStatus } from '../../eval/spread/workers.ts';
import { Store } from '../../eval/store.ts';
import { dataFolder } from '../data/data-folder.ts';
import { manifestOf, placesIn, scratchFolder } from './pipeline/places.ts';
import { itemsOf, plannedRun, recipes } from './pipeline/samples.ts';

const run = plannedRun({ recipes: recipes('rtn-w8g64', 'rtn-w4g64', 'rtn-w3g64', 'rtn-w2g64') });
const items = itemsOf(['a', 'b'], [0.5, 0.25]);

const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-spread-'));
const root = dataFolder();
const template = path.join(folder, 'template.duckdb');
beforeAll(async () => {
  (await Store.open({ database: template, results: folder, cache: folder }, root)).close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A store over a copy of one database, which is there much sooner than a new one. */
async function openCopy(places: ReturnType<typeof placesIn>): Promise<Store> {
  mkdirSync(path.dirname(places.database), { recursive: true });
  copyFileSync(template, places.database);
  return Store.open(places, root);
}

/** What a process does before it ends: measures some cells, lets the next fail with a code, and how it ends. */
interface Act {
  readonly cells?: number;
  readonly fails?: string;
  readonly status?: number | null;
  readonly signal?: string;
}

/** A worker that pretends to measure, in a store of its own as a real one. */
async function act(unit: Unit, place: WorkerPlace, { cells = 99, fails, status = 0, signal }: Act) {
  const store = await openCopy({ ...place, cache: path.dirname(place.database) });
  const stored = await store.begin(unit.run, false, (earlier) => manifestOf(unit.run, earlier));
  const missing = cellsOf(unit.run).filter(
    ({ key, recipe }) => unit.recipes.includes(recipe) && !stored.isKnown(key),
  );
  const base = ({ key, recipe, task, settings }: (typeof missing)[number]) => ({
    ...{ cell_key: key, model: 'tiny', recipe, task: task.id, task_version: task.version },
    ...{ settings: { ...settings }, wall_ms: 1, peak_memory_bytes: 1 },
  });
  for (const cell of missing.slice(0, cells)) {
    const metric = {
      metric: 'acc',
      unit: 'fraction',
      value: 0.5,
      std_error: 0.1,
      n: 2,
      paired: null,
    } as const;
    const numbers = { bits_per_weight: 4, size_bytes: 9, metrics: [metric], items: null, notes: [] };
    await stored.finish({ ...base(cell), ...numbers }, items);
  }
  const next = missing[cells];
  if (fails !== undefined && next !== undefined)
    await stored.fail({ ...base(next), error: { code: fails, message: `it failed with ${fails}` } });
  store.close();
  return { status: signal === undefined ? status : null, signal: signal ?? null } satisfies WorkerStatus;
}

/** Spreads the run over lanes whose processes follow a script, act by act; the last one is repeated. */
async function spread(lanes: readonly string[], script: (unit: Unit, lane: number, attempt: number) => Act) {
  const store = await openCopy(placesIn(scratchFolder()));
  const recorder = await store.begin(run, false, (earlier) => manifestOf(run, earlier));
  const recorders = new Map<PlannedRun, typeof recorder>([[run, recorder]]);
  const units = planUnits([run], lanes.length, (_, key) => recorder.isKnown(key));
  const started: string[] = [];
  const attempts: number[] = [];
  const log: string[] = [];
  await measureUnits({
    ...{ lanes, units, recorders, scratch: scratchFolder(), log: (line) => void log.push(line) },
    launch: (unit, lane, place) => {
      const name = unit.recipes.join(' ');
      const attempt = started.filter((other) => other.startsWith(`${name} `)).length;
      started.push(`${name} on ${lane}`);
      attempts.push(place.attempt);
      return act(unit, place, script(unit, lane, attempt));
    },
  });
  store.close();
  const file = runFileSchema.parse(JSON.parse(readFileSync(recorder.file, 'utf8')));
  const failed = file.cells.flatMap((cell: Cell) =>
    'error' in cell ? [`${cell.recipe} ${cell.task} ${cell.error.code}`] : [],
  );
  const missing = cellsOf(run).filter(({ key }) => !recorder.isKnown(key)).length;
  return { file, failed, missing, started, attempts, log, recorder };
}

const TOTAL = cellsOf(run).length;

test('two lanes measure everything once, the 16-bit form before all others', async () => {
  const { file, failed, missing, started, recorder } = await spread(['GPU 0', 'GPU 1'], () => ({}));
  expect({ failed, missing }).toEqual({ failed: [], missing: 0 });
  expect(file.cells).toHaveLength(TOTAL);
  expect(started[0]).toMatch(/^fp16 on/);
  expect(started.map((line) => line.split(' ')[0]).sort()).toEqual(run.recipes.map(({ id }) => id).sort());
  for (const cell of file.cells) {
    const place = 'items' in cell ? cell.items : null;
    expect(existsSync(path.join(path.dirname(recorder.file), place!))).toBe(true);
  }
});

test('cells are stored while their worker is still at work', async () => {
  const store = await openCopy(placesIn(scratchFolder()));
  const recorder = await store.begin(run, false, (earlier) => manifestOf(run, earlier));
  const units = planUnits([run], 1, () => false);
  const keys = cellsOf(run).map(({ key }) => key);
  const seen: number[] = [];
  await measureUnits({
    ...{ lanes: ['GPU 0'], units, recorders: new Map([[run, recorder]]) },
    ...{ scratch: scratchFolder(), log: () => undefined, adoptionPause: 5 },
    launch: async (unit, _, place) => {
      const ended = await act(unit, place, { cells: 2 });
      while (seen.length === 0 && !recorder.isKnown(keys[1]!)) await new Promise((go) => setTimeout(go, 5));
      seen.push(keys.filter((key) => recorder.isKnown(key)).length);
      return ended;
    },
  });
  store.close();
  expect(seen[0]).toBe(2);
  expect(keys.every((key) => recorder.isKnown(key))).toBe(true);
});

test('a process that is killed is replaced and goes on where it was', async () => {
  const { failed, missing, started, log } = await spread(
    ['GPU 0', 'GPU 1'],
    ({ recipes: [first] }, _, attempt) =>
      first === 'rtn-w4g64' && attempt === 0 ? { cells: 1, signal: 'SIGKILL' } : {},
  );
  expect({ failed, missing }).toEqual({ failed: [], missing: 0 });
  expect(started.filter((line) => line.startsWith('rtn-w4g64'))).toHaveLength(2);
  expect(log).toContain('tiny: a new process goes on, 1 cells to go.');
});

test('a cell at which two processes die fails with its reason, and the rest is measured', async () => {
  const { failed, missing, file, started } = await spread(['GPU 0'], (_, __, attempt) => {
    if (attempt === 0) return { cells: 3, signal: 'SIGSEGV' };
    return attempt <= 2 ? { cells: 0, signal: 'SIGSEGV' } : {};
  });
  expect({ failed, missing }).toEqual({ failed: ['rtn-w8g64 world-facts run/worker-lost'], missing: 0 });
  expect(file.cells.find((cell) => 'error' in cell)).toMatchObject({
    error: { message: expect.stringContaining('the last one by SIGSEGV') },
  });
  expect(started).toHaveLength(4);
});

test('a device error fails its cell, and a new process measures the others', async () => {
  const { failed, missing, attempts } = await spread(['GPU 0'], (_, __, attempt) =>
    attempt === 0 ? { cells: 2, fails: 'kernels/device', status: DEVICE_LOST } : {},
  );
  expect({ failed, missing }).toEqual({ failed: ['rtn-w8g64 world-text kernels/device'], missing: 0 });
  expect(attempts).toEqual([1, 2]);
});

test('a device that is gone leaves its work to the others', async () => {
  const { failed, missing, log } = await spread(['GPU 0', 'GPU 1'], (_, lane) =>
    lane === 1 ? { cells: 0, status: DEVICE_LOST } : {},
  );
  expect({ failed, missing }).toEqual({ failed: [], missing: 0 });
  expect(log).toContain('GPU 1 is not used any more.');
});

test('without any device the run stops, and what was measured before stays', async () => {
  const { file, failed, missing } = await spread(['GPU 0', 'GPU 1'], ({ recipes: [first] }) =>
    first === 'fp16' ? {} : { cells: 0, status: DEVICE_LOST },
  );
  expect(failed).toEqual([]);
  expect(file.cells.map(({ recipe }) => recipe)).toEqual(['fp16', 'fp16']);
  expect(missing).toBe(TOTAL - 2);
});

test('a process that says why it stops is not started again, and the others go on', async () => {
  const { failed, missing, started } = await spread(['GPU 0', 'GPU 1'], ({ recipes: [first] }) =>
    first === 'rtn-w3g64' ? { cells: 0, status: 1 } : {},
  );
  expect(failed).toEqual([]);
  expect(missing).toBe(2);
  expect(started.filter((line) => line.startsWith('rtn-w3g64'))).toHaveLength(1);
});
