/** Folders for one test: a data folder with the real catalogues, and places for results. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { buildDatabase } from '../../../data/db.ts';
import type { Manifest } from '../../../data/schema.ts';
import { buildManifest, type Session } from '../../../eval/manifest.ts';
import type { PlannedRun } from '../../../eval/plan.ts';
import type { StoredRun } from '../../../eval/store/stored-run.ts';
import { Store } from '../../../eval/store.ts';
import { dataFolder } from '../../data/data-folder.ts';
import { BUILT } from './built-database.ts';
import { calibration, engine, facts, text } from './samples.ts';

/** A new folder that is deleted with its content after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-eval-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new folder in which the database is built already, as the second sweep on a machine finds it. */
export function sweepFolder(): string {
  const folder = scratchFolder();
  copyBuilt(folder);
  return folder;
}

/** Puts the built database into a folder. */
export function copyBuilt(folder: string): void {
  if (existsSync(BUILT)) copyFileSync(BUILT, placesIn(folder).database);
}

export function placesIn(folder: string) {
  return {
    database: path.join(folder, 'bitloss.duckdb'),
    results: path.join(folder, 'local'),
    cache: path.join(folder, '.cache'),
  };
}

const session: Session = {
  startedAt: new Date('2026-01-02T03:04:05.000Z'),
  sweep: {
    models: [],
    recipes: ['fp16'],
    tasks: [],
    data: null,
    limit: null,
    limits: {},
    window: null,
    bos: 'tokenizer',
    engine: 'onnx',
    provider: 'cpu',
    dtype: 'auto',
    memory: 2 ** 30,
    seed: 0,
    calibration,
  },
  engine,
  librarySha256: null,
  peakDeviceBytes: () => null,
  code: { code_commit: 'a'.repeat(40), code_dirty: false },
  machine: { cpu: 'x', cores: 2, memory_bytes: 1e9, gpu: null, driver: null, os: 'Linux', node: 'v24.9.0' },
  tasks: [text, facts],
};

export function manifestOf(
  run: PlannedRun,
  earlier: Manifest | null,
  changes: Partial<Session> = {},
): Manifest {
  return buildManifest(run, { ...session, ...changes }, earlier, 1000);
}

let empty: Promise<string> | null = null;

async function emptyDatabase(): Promise<string> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'bitloss-empty-')), 'bitloss.duckdb');
  await buildDatabase({ root: dataFolder(), path: file });
  return file;
}

/** A store over an empty data folder; where there is no database, it finds a copy of one that was built once. */
export async function openStore(places = placesIn(scratchFolder()), root = dataFolder()) {
  empty ??= emptyDatabase();
  const built = await empty;
  mkdirSync(path.dirname(places.database), { recursive: true });
  if (!existsSync(places.database)) copyFileSync(built, places.database);
  const store = await Store.open(places, root);
  onTestFinished(() => store.close());
  const begin = (run: PlannedRun, retry = false): Promise<StoredRun> =>
    store.begin(run, retry, (earlier) => manifestOf(run, earlier));
  return { store, places, root, begin };
}
