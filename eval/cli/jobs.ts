/** Several models at a time: a process for each, with a database of its own, and one that brings everything together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { RunConfig } from '../config.ts';
import { slugOf } from '../models.ts';
import { Store } from '../store.ts';
import type { Surroundings } from '../sweep.ts';
import type { Arguments } from './arguments.ts';
import type { OptionName } from './options.ts';

/** What each process is told anew, and what only the process that began does. */
const OWN: ReadonlySet<OptionName> = new Set(['model', 'jobs', 'threads', 'db', 'save']);

/**
 * Measures every model in a process of its own, at most `behaviour.jobs` at a time. Run files are those of an ordinary
 * run, so that whoever asks for the same cells afterwards finds them; a process that fails is told and leaves the rest.
 * @param models names as on the command line
 * @throws store/…, database/…
 */
export async function measureInJobs(
  given: Arguments,
  models: readonly string[],
  { behaviour, places }: RunConfig,
  around: Surroundings,
): Promise<void> {
  const jobs = Math.min(behaviour.jobs, models.length);
  const threads = behaviour.threads > 0 ? behaviour.threads : threadsOfJob(jobs, os.availableParallelism());
  const scratch = path.join(places.cache, 'jobs');
  around.log(`${models.length} models, ${jobs} at a time with ${threads} threads each.`);
  // A copy is there at once; each process would build the tables of published results anew.
  (await Store.open(places, around.dataFolder)).close();
  // A killed call leaves its copies.
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const waiting = [...models];
  const worker = async () => {
    for (let model = waiting.shift(); model !== undefined; model = waiting.shift()) {
      const database = path.join(scratch, `${slugOf(model)}.duckdb`);
      const args = [...argumentsOf(given), '--model', model, '--threads', String(threads), '--db', database];
      await copyFile(places.database, database);
      await measure(model, args, around);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** No more threads than cores, all jobs together; at least one each. */
export function threadsOfJob(jobs: number, cores: number): number {
  return Math.max(1, Math.floor(cores / jobs));
}

/** The command line again, without what differs from job to job. */
export function argumentsOf({ values, switches }: Arguments): readonly string[] {
  const options = [...values].filter(([name]) => !OWN.has(name));
  return [
    ...options.flatMap(([name, list]) => list.flatMap((value) => [`--${name}`, value])),
    ...[...switches].map((name) => `--${name}`),
  ];
}

async function measure(model: string, args: readonly string[], around: Surroundings): Promise<void> {
  const child = spawn(process.execPath, [path.join(around.root, 'eval/cli.ts'), ...args], {
    cwd: around.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => void child.kill();
  process.once('exit', stop);
  try {
    const name = path.basename(model);
    const [status] = await Promise.all([
      statusOf(child),
      ...[child.stdout, child.stderr].map(async (stream) => {
        for await (const line of createInterface({ input: stream })) around.log(`[${name}] ${line}`);
      }),
    ]);
    if (status !== 0)
      around.log(`[${name}] ended with ${status === null ? 'a signal' : `status ${status}`}.`);
  } finally {
    process.off('exit', stop);
  }
}

function statusOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
