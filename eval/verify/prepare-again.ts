/** Opens everything that cells of a published run need to be measured again, and makes sure that it is the same. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { canonicalJson } from '../../data/canonical-json.ts';
import { BitlossError } from '../../data/errors.ts';
import type { Cell, Manifest } from '../../data/schema.ts';
import { type RunConfig, readConfig, sweepSchema } from '../config.ts';
import { verifyErrors } from '../errors/verify.ts';
import { buildManifest } from '../manifest.ts';
import { placeOf } from '../models.ts';
import { cellsOf, type PlannedCell, type PlannedRun } from '../plan.ts';
import { type PreparedSweep, prepareSweep, type Surroundings, sessionOf } from '../sweep.ts';
import { checkInputs } from './inputs.ts';

/** What may be said on the command line in place of what the manifest says. */
export interface Replacements {
  readonly model: string | null;
  readonly data: string | null;
  readonly engine: string | null;
  /** 0: as many as there are. */
  readonly threads: number;
}

export interface PreparedAgain {
  readonly config: RunConfig;
  readonly sweep: PreparedSweep;
  readonly run: PlannedRun;
  /** As this machine would write it. */
  readonly manifest: Manifest;
  /** Cells that cannot be measured as they were, with the reason as a sentence, by `recipe task`. */
  readonly left: ReadonlyMap<string, string>;
}

/** The engine that needs nothing but a processor. */
const EVERYWHERE = 'onnx';

/**
 * @param cells    of the run that are wanted
 * @param scratch  folder for everything that is written, so that nothing measured earlier is taken for measured again
 * @throws verify/settings, verify/no-weights, verify/weights, verify/inputs, verify/data, verify/nothing, and what opening a model throws
 */
export async function prepareAgain(
  published: Manifest,
  cells: readonly Cell[],
  replacements: Replacements,
  scratch: string,
  around: Surroundings,
): Promise<PreparedAgain> {
  const config = await configOf(published, cells, replacements, scratch, around);
  const { sweep, used } = await openSweep(config, replacements.engine === null, around);
  try {
    const [run] = sweep.plan.runs;
    const left = leftOut(cells, run, sweep);
    if (run === undefined || left.size === cells.length)
      throw verifyErrors.nothing(published.run_id, [...new Set(left.values())]);
    const session = await sessionOf(sweep, used, around);
    const manifest = buildManifest(run, session, null, 0);
    checkInputs(published, manifest);
    return { config: used, sweep, run, manifest, left };
  } catch (error) {
    await sweep.close();
    throw error;
  }
}

/** With the engine of the run or, where that needs a device that is not here, with the one that runs everywhere. */
async function openSweep(
  config: RunConfig,
  mayFallBack: boolean,
  around: Surroundings,
): Promise<{ readonly sweep: PreparedSweep; readonly used: RunConfig }> {
  try {
    return { sweep: await prepareSweep(config, around), used: config };
  } catch (error) {
    const isDevice = error instanceof BitlossError && error.code.startsWith('kernels/');
    if (!isDevice || !mayFallBack || config.sweep.engine === EVERYWHERE) throw error;
    around.log(
      `The engine ${config.sweep.engine} of the run cannot be used here; ${EVERYWHERE} is taken: ${error.message}`,
    );
    const used = { ...config, sweep: { ...config.sweep, engine: EVERYWHERE } };
    return { sweep: await prepareSweep(used, around), used };
  }
}

async function configOf(
  { run_id, settings }: Manifest,
  cells: readonly Cell[],
  given: Replacements,
  scratch: string,
  around: Surroundings,
): Promise<RunConfig> {
  const stored = sweepSchema.safeParse(settings['sweep']);
  if (!stored.success)
    throw verifyErrors.settings(
      run_id,
      stored.error.issues.map(({ path: at, message }) => `${at.join('.')}: expected ${message}`),
    );
  const tasks = [...new Set(cells.map(({ task }) => task))];
  const sweep = {
    ...stored.data,
    models: [await modelOf(run_id, given.model ?? stored.data.models[0]!, given.model === null, around)],
    recipes: [...new Set(cells.map(({ recipe }) => recipe))],
    tasks,
    limits: Object.fromEntries(Object.entries(stored.data.limits).filter(([task]) => tasks.includes(task))),
    data: await dataOf(run_id, given.data, stored.data.data, around.cwd),
    engine: given.engine ?? stored.data.engine,
  };
  const place = (name: string) => path.join(scratch, name);
  const config = readConfig(
    {
      sweep,
      places: { database: place('bitloss.duckdb'), results: scratch, cache: place('cache') },
      behaviour: { threads: given.threads },
    },
    around,
  );
  if (!('problems' in config)) return config;
  throw verifyErrors.settings(
    run_id,
    config.problems.map(({ where, expected }) => `${where}: expected ${expected}`),
  );
}

/** Folders in a manifest are named from the project, those of a person from where the command was called. */
async function modelOf(
  run: string,
  name: string,
  isStored: boolean,
  { dataFolder, root, cwd }: Surroundings,
) {
  const from = isStored ? root : cwd;
  const place = await placeOf(name, dataFolder, from);
  const isShipped = /^data\/models\//.test(name);
  if (place === null || (place.kind === 'hub' && isShipped)) throw verifyErrors.noWeights(run, name);
  return place.kind === 'folder' ? place.folder : name;
}

async function dataOf(
  run: string,
  given: string | null,
  stored: string | null,
  cwd: string,
): Promise<string | null> {
  const folder = given === null ? stored : path.resolve(cwd, given);
  const isThere = folder === null || ((await stat(folder).catch(() => null))?.isDirectory() ?? false);
  if (!isThere) throw verifyErrors.data(run, folder!);
  return folder;
}

function leftOut(
  cells: readonly Cell[],
  run: PlannedRun | undefined,
  { plan }: PreparedSweep,
): Map<string, string> {
  const planned = new Map<string, PlannedCell>();
  for (const cell of run === undefined ? [] : cellsOf(run))
    planned.set(`${cell.recipe} ${cell.task.id}`, cell);
  const left = new Map<string, string>();
  for (const cell of cells) {
    const name = nameOf(cell);
    const now = planned.get(name);
    const excluded = plan.exclusions.find(
      ({ recipe, task }) => (recipe ?? cell.recipe) === cell.recipe && (task ?? cell.task) === cell.task,
    );
    if (now === undefined) left.set(name, excluded?.reason ?? 'This version of the code does not know it.');
    else if (now.task.version !== cell.task_version)
      left.set(
        name,
        `Version ${cell.task_version} of the task was measured there, ${now.task.version} is here.`,
      );
    else if (canonicalJson(now.settings) !== canonicalJson(cell.settings))
      left.set(
        name,
        `The settings ${canonicalJson(cell.settings)} were used there, ${canonicalJson(now.settings)} here.`,
      );
  }
  return left;
}

export const nameOf = ({ recipe, task }: Pick<Cell, 'recipe' | 'task'>) => `${recipe} ${task}`;
