/** `pnpm eval --reproduce RUN.json`: measures a stored run again, apart from all other results, and compares. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunFile } from '../../data/schema.ts';
import { type RunConfig, readConfig, type Sweep, sweepSchema } from '../config.ts';
import { reproduceErrors } from '../errors/run.ts';
import { buildManifest } from '../manifest.ts';
import { changedInputs, compareRuns, describeComparison, isReproduced } from '../reproduce.ts';
import { readRunFile } from '../store/run-file.ts';
import { Store } from '../store.ts';
import type { PreparedSweep } from '../sweep.ts';
import { executeSweep, prepareSweep, type Surroundings, sessionOf } from '../sweep.ts';
import { known } from './known.ts';
import { checkNames } from './names.ts';
import type { RawSettings } from './settings.ts';

/**
 * @param given options of this call: they replace those of the run file, as the place of the data
 * @returns exit status: 0 where the numbers came out again
 */
export async function reproduceCommand(
  file: string,
  given: RawSettings,
  around: Surroundings,
): Promise<number> {
  const published = await readRunFile(file);
  if (published === null) throw reproduceErrors.missing(file);
  const config = configOf(file, published, given, around);
  const problems = await checkNames(config.sweep, known, around.dataFolder, around.cwd);
  if (problems.length > 0) throw reproduceErrors.settings(file, problems);
  const prepared = await prepareSweep(config, around);
  try {
    return await measureAgain(file, published, prepared, config, around);
  } finally {
    await prepared.close();
  }
}

async function measureAgain(
  file: string,
  published: RunFile,
  prepared: PreparedSweep,
  config: RunConfig,
  around: Surroundings,
): Promise<number> {
  const [run] = prepared.plan.runs;
  if (run === undefined) throw reproduceErrors.settings(file, ['nothing in it can be measured here']);
  const session = await sessionOf(prepared, config, around);
  const changed = changedInputs(published.run, buildManifest(run, session, null, 0));
  if (changed.length > 0) throw reproduceErrors.inputs(file, changed);
  const store = await Store.open(config.places, around.dataFolder);
  let again: RunFile | null;
  try {
    const [done] = await executeSweep(prepared, config, store, around);
    again = await readRunFile(done!.file);
  } finally {
    store.close();
  }
  const comparison = compareRuns(published, again!);
  around.log(describeComparison(comparison));
  // A later call measures again; only a killed one goes on.
  await rm(config.places.results, { recursive: true, force: true });
  return isReproduced(comparison) ? 0 : 1;
}

/** The sweep of the run file in a folder of its own, so that nothing measured earlier is taken for measured again. */
function configOf(file: string, { run }: RunFile, given: RawSettings, around: Surroundings): RunConfig {
  const stored = sweepSchema.safeParse(run.settings.sweep);
  if (!stored.success)
    throw reproduceErrors.settings(
      file,
      stored.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`),
    );
  const scratch = path.join(around.root, '.cache', 'reproduce', run.run_id);
  const config = readConfig(
    {
      sweep: { ...(stored.data satisfies Sweep), ...(given.sweep as RawSettings | undefined) },
      places: {
        database: path.join(scratch, 'bitloss.duckdb'),
        results: scratch,
        cache: path.join(scratch, 'cache'),
      },
    },
    around,
  );
  if ('problems' in config)
    throw reproduceErrors.settings(
      file,
      config.problems.map(({ where, expected }) => `${where}: expected ${expected}`),
    );
  return config;
}
