/** Several processes at a time: each measures a part of the plan in places of its own, and this one stores it all. */
import { spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { RunConfig } from '../config.ts';
import { contentHash } from '../content-hash.ts';
import { collectedManifest } from '../manifest.ts';
import type { PlannedRun } from '../plan.ts';
import { planUnits, type Unit } from '../spread/units.ts';
import { measureUnits, type WorkerPlace, type WorkerStatus } from '../spread/workers.ts';
import { runFilePath } from '../store/run-file.ts';
import type { StoredRun } from '../store/stored-run.ts';
import { Store } from '../store.ts';
import { type PreparedSweep, type Surroundings, sessionOf } from '../sweep.ts';
import type { Arguments } from './arguments.ts';
import type { OptionName } from './options.ts';

/** What each process is told anew, and what only the process that began does. */
const OWN: ReadonlySet<OptionName> = new Set([
  ...(['model', 'recipe', 'jobs', 'devices', 'threads'] as const),
  ...(['db', 'out', 'save', 'retry'] as const),
]);

/** One worker process at a time. */
export interface Lane {
  readonly name: string;
  /** Options that only it gets. */
  readonly args: readonly string[];
}

/**
 * Measures what is missing of a plan in processes of their own, one a lane at a time, and stores every cell in the runs of
 * the plan, from time to time and when the process that measured it has ended. What processes of an earlier call left is taken over first.
 * A process that dies is replaced; only a cell at which two in a row die fails. Returns how many cells are still missing.
 * @throws store/…, database/…
 */
export async function measureInJobs(
  given: Arguments,
  lanes: readonly Lane[],
  prepared: PreparedSweep,
  config: RunConfig,
  around: Surroundings,
): Promise<number> {
  const { places, behaviour } = config;
  const scratch = path.join(places.cache, 'jobs', contentHash(places.database).slice(0, 12));
  // A copy is there at once; each process would build the tables of published results anew.
  (await Store.open(places, around.dataFolder)).close();
  await mkdir(scratch, { recursive: true });
  await copyFile(places.database, path.join(scratch, 'base.duckdb'));
  const store = await Store.open(places, around.dataFolder);
  try {
    const recorders = await openRuns(prepared, config, store, around);
    await takeOver(scratch, recorders, !behaviour.retry);
    const isKnown = (run: PlannedRun, key: string) => recorders.get(run)!.isKnown(key);
    const units = planUnits(prepared.plan.runs, lanes.length, isKnown);
    const used = lanes.slice(0, units.length);
    const threads =
      behaviour.threads > 0 ? behaviour.threads : threadsOfJob(used.length, os.availableParallelism());
    if (units.length > 0)
      around.log(`${units.length} parts, ${used.length} at a time with ${threads} threads each.`);
    const launch = async (unit: Unit, lane: number, place: WorkerPlace) => {
      await mkdir(path.dirname(place.database), { recursive: true });
      await copyFile(path.join(scratch, 'base.duckdb'), place.database);
      const { name } = prepared.models.get(unit.run.model.manifest.source)!;
      const args = [
        ...argumentsOf(given),
        ...['--model', name, '--recipe', unit.recipes.join(','), '--threads', String(threads)],
        ...[
          '--db',
          place.database,
          '--out',
          place.results,
          ...retrySwitch(behaviour.retry, place),
          ...used[lane]!.args,
        ],
      ];
      const label = [unit.run.model.manifest.id, used[lane]!.name].filter((part) => part !== '').join(' · ');
      return runWorker(label, args, path.join(places.cache, 'compiled'), around);
    };
    const names = used.map(({ name }) => name);
    await measureUnits({ lanes: names, units, recorders, scratch, launch, log: around.log });
    await rm(scratch, { recursive: true, force: true });
    // Another sweep may have a folder of its own beside it.
    await rmdir(path.dirname(scratch)).catch(() => undefined);
    return prepared.plan.runs.reduce((sum, run) => sum + missingOf(run, recorders.get(run)!), 0);
  } finally {
    store.close();
  }
}

/** The copied database knows what failed in earlier calls; what failed in this one is known to the second process, and stays. */
export function retrySwitch(retry: boolean, { attempt }: Pick<WorkerPlace, 'attempt'>): readonly string[] {
  return retry && attempt === 1 ? ['--retry'] : [];
}

/** No more threads than cores, all jobs together; at least one each. */
export function threadsOfJob(jobs: number, cores: number): number {
  return Math.max(1, Math.floor(cores / Math.max(1, jobs)));
}

/** The command line again, without what differs from job to job. */
export function argumentsOf({ values, switches }: Arguments): readonly string[] {
  const options = [...values].filter(([name]) => !OWN.has(name));
  return [
    ...options.flatMap(([name, list]) => list.flatMap((value) => [`--${name}`, value])),
    ...[...switches].filter((name) => !OWN.has(name)).map((name) => `--${name}`),
  ];
}

async function openRuns(
  prepared: PreparedSweep,
  config: RunConfig,
  store: Store,
  around: Surroundings,
): Promise<ReadonlyMap<PlannedRun, StoredRun>> {
  const session = await sessionOf(prepared, config, around);
  const opened = new Map<PlannedRun, StoredRun>();
  for (const run of prepared.plan.runs) {
    const manifest = (earlier: Parameters<typeof collectedManifest>[2]) =>
      collectedManifest(run, session, earlier);
    opened.set(run, await store.begin(run, config.behaviour.retry, manifest));
  }
  return opened;
}

/** Adopts what workers of a call that was killed had measured, and deletes their places. */
async function takeOver(
  scratch: string,
  recorders: ReadonlyMap<PlannedRun, StoredRun>,
  failed: boolean,
): Promise<void> {
  for (const entry of await readdir(scratch, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const results = path.join(scratch, entry.name, 'local');
    for (const run of await readdir(results).catch(() => []))
      for (const recorder of recorders.values()) await recorder.adopt(runFilePath(results, run), failed);
    await rm(path.join(scratch, entry.name), { recursive: true, force: true });
  }
}

function missingOf(run: PlannedRun, recorder: StoredRun): number {
  return run.recipes.flatMap(({ cells }) => cells).filter(({ key }) => !recorder.isKnown(key)).length;
}

/** @param compiled folder where processes share compiled modules, which are half of what their start costs */
async function runWorker(
  name: string,
  args: readonly string[],
  compiled: string,
  around: Surroundings,
): Promise<WorkerStatus> {
  const child = spawn(process.execPath, [path.join(around.root, 'eval/cli.ts'), ...args], {
    cwd: around.cwd,
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
    // Over the channel it learns when this process is gone.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = () => void child.kill();
  process.once('exit', stop);
  try {
    const ended = new Promise<WorkerStatus>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve({ status, signal }));
    });
    const [result] = await Promise.all([
      ended,
      ...[child.stdout!, child.stderr!].map(async (stream) => {
        for await (const line of createInterface({ input: stream })) around.log(`[${name}] ${line}`);
      }),
    ]);
    const { status, signal } = result;
    if (status !== 0) around.log(`[${name}] ended with ${signal === null ? `status ${status}` : signal}.`);
    return result;
  } finally {
    process.off('exit', stop);
  }
}
