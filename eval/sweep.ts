/** A sweep from its configuration to its stored runs. */
import { rm } from 'node:fs/promises';
import { BitlossError } from '../data/errors.ts';
import { changesWeights } from '../data/recipe.ts';
import type { Manifest } from '../data/schema.ts';
import { type CalibrationText, openCalibrationText } from './calibration.ts';
import type { HubOptions } from './checkpoint/hub.ts';
import { compressedFolder } from './compressor.ts';
import { type RunConfig, recipesOf } from './config.ts';
import type { Doc } from './datasets/dataset.ts';
import { loadDataset } from './datasets/load.ts';
import type { Effects } from './effects.ts';
import type { Engine } from './engines/engine.ts';
import { createEngine } from './engines/index.ts';
import { cliErrors } from './errors/cli.ts';
import { describeCode, describeMachine } from './machine.ts';
import { buildManifest, type Session } from './manifest.ts';
import { findMethod } from './methods/index.ts';
import { type FoundModel, openModel, placeOf, shippedModels } from './models.ts';
import { type Plan, type PlannedRun, planCells, type TaskFacts } from './plan.ts';
import { Progress, type ProgressOutput } from './progress.ts';
import { executeRun, type RunStore, type RunSummary } from './run.ts';
import { tasks as knownTasks } from './tasks/index.ts';
import type { Task } from './tasks/task.ts';
import { Workbench } from './workbench.ts';

/** What a sweep needs from outside, besides its configuration. */
export interface Surroundings extends Effects {
  readonly root: string;
  readonly cwd: string;
  /** Catalogues, published results and shipped models. */
  readonly dataFolder: string;
  readonly hub: Omit<HubOptions, 'revision' | 'log'>;
  readonly output: ProgressOutput;
}

interface LoadedTask extends TaskFacts {
  readonly docs: readonly Doc[];
}

/** A model and what it was called on the command line. */
export interface NamedModel extends FoundModel {
  readonly name: string;
}

/** Everything opened and planned; nothing computed yet. */
export interface PreparedSweep {
  readonly plan: Plan;
  /** Why models that were asked for are not in the plan. */
  readonly problems: readonly BitlossError[];
  readonly engine: Engine;
  readonly models: ReadonlyMap<string, NamedModel>;
  readonly tasks: readonly LoadedTask[];
  readonly calibrationText: CalibrationText | null;
  close(): Promise<void>;
}

/**
 * Opens models, data, calibration text and engine, and makes the plan.
 * @param tolerant  models that cannot be opened are left out as long as there are others
 * @throws cli/inputs or the one problem there is, cli/empty-plan, engine/…, calibration/…
 */
export async function prepareSweep(
  { sweep, behaviour }: RunConfig,
  around: Surroundings,
  tolerant = false,
): Promise<PreparedSweep> {
  const names = sweep.models.length > 0 ? sweep.models : await shippedModels(around.dataFolder);
  const problems: BitlossError[] = [];
  const found = await collect(
    [...new Set(names)],
    problems,
    async (name): Promise<NamedModel> => ({
      ...(await findModel(name, around)),
      name,
    }),
  );
  const left = tolerant && found.length > 0 ? problems.splice(0) : [];
  const tasks = await loadTasks(sweep, problems);
  const close = async () => void (await Promise.all(found.map(({ checkpoint }) => checkpoint.close())));
  try {
    if (problems.length > 0) throw cliErrors.inputs(problems);
    const recipes = recipesOf(sweep);
    const calibrates = recipes.some(
      (recipe) => changesWeights(recipe) && findMethod(recipe.method).needs !== 'nothing',
    );
    const calibrationText = calibrates ? await openCalibrationText(sweep.calibration.text, sweep.data) : null;
    const device = behaviour.devices?.[0] ?? 0;
    const engine = await createEngine(sweep.engine, { ...sweep, threads: behaviour.threads, device });
    const models = new Map(found.map((model) => [model.facts.manifest.source, model]));
    const plan = planCells({
      models: [...models.values()].map(({ facts }) => facts),
      recipes,
      tasks,
      engine: engine.info,
      calibrationSha256: calibrationText?.sha256 ?? null,
      sweep,
    });
    return {
      plan,
      problems: left,
      engine,
      models,
      tasks,
      calibrationText,
      close: async () => void (await Promise.all([close(), engine.close()])),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Executes all runs of a plan, one after the other, and stores every cell as soon as it is measured. Throws `store/…`. */
export async function executeSweep(
  prepared: PreparedSweep,
  config: RunConfig,
  store: RunStore,
  around: Surroundings,
): Promise<readonly { readonly run: PlannedRun; readonly file: string; readonly summary: RunSummary }[]> {
  const session = await sessionOf(prepared, config, around);
  const done = [];
  for (const run of prepared.plan.runs) {
    done.push({ run, ...(await executeOne(run, prepared, config, store, session, around)) });
    // A process that was killed between its last cell and tidying up has left these.
    if (!config.behaviour.keep) await discardCompressed(run, config.places.cache);
  }
  return done;
}

async function executeOne(
  run: PlannedRun,
  prepared: PreparedSweep,
  config: RunConfig,
  store: RunStore,
  session: Session,
  around: Surroundings,
): Promise<{ readonly file: string; readonly summary: RunSummary }> {
  const startedAt = performance.now();
  const manifest = (earlier: Manifest | null) =>
    buildManifest(run, session, earlier, performance.now() - startedAt);
  const recorder = await store.begin(run, config.behaviour.retry, manifest);
  // Once there is a live line, other lines have to go through it.
  let log = around.log;
  const summary = await executeRun(run, {
    recorder,
    open: async () =>
      new Workbench(
        run,
        workbenchParts(prepared, config, run, (line) => log(line)),
      ),
    progress: (steps, reused) => {
      const cells = steps.filter(({ isCell }) => isCell).length;
      around.log(`${run.model.manifest.id}: ${cells} of ${cells + reused} cells to measure.`);
      const progress = new Progress(around.output, steps, reused);
      log = (line) => progress.log(line);
      return progress;
    },
  });
  return { file: recorder.file, summary };
}

async function discardCompressed({ recipes }: PlannedRun, cache: string): Promise<void> {
  const folders = recipes.map((recipe) => compressedFolder(cache, recipe));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

/** What the manifests of this call have in common. */
export async function sessionOf(
  prepared: PreparedSweep,
  { sweep }: RunConfig,
  around: Surroundings,
): Promise<Session> {
  return {
    startedAt: around.now(),
    sweep,
    engine: prepared.engine.info,
    librarySha256: prepared.engine.librarySha256 ?? null,
    peakDeviceBytes: () => prepared.engine.peakDeviceBytes ?? null,
    code: await describeCode(around.root),
    machine: await describeMachine(),
    tasks: prepared.tasks,
  };
}

function workbenchParts(
  prepared: PreparedSweep,
  { sweep, places, behaviour }: RunConfig,
  run: PlannedRun,
  log: (line: string) => void,
) {
  const { engine, models, tasks, calibrationText } = prepared;
  return {
    engine,
    checkpoint: models.get(run.model.manifest.source)!.checkpoint,
    documents: new Map(tasks.map(({ task, docs }) => [task.id, docs])),
    calibrationText,
    memory: sweep.memory,
    cache: places.cache,
    keep: behaviour.keep,
    log,
  };
}

/** Opens a model by a name that was checked. Throws what `openModel` throws. */
export async function findModel(
  name: string,
  { root, cwd, dataFolder, hub, log }: Surroundings,
): Promise<FoundModel> {
  const place = await placeOf(name, dataFolder, cwd);
  if (place === null) throw new TypeError(`the model "${name}" was not checked`);
  return openModel(place, root, { ...hub, log });
}

/** Named tasks must load; without names, those of a data folder are taken that are there. */
async function loadTasks(
  { tasks: names, data }: RunConfig['sweep'],
  problems: BitlossError[],
): Promise<readonly LoadedTask[]> {
  const all: readonly Task[] = Object.values(knownTasks);
  const isWanted = ({ id, dataset }: Task) =>
    names.length > 0 ? names.includes(id) : (dataset.source === 'folder') === (data !== null);
  const missing: BitlossError[] = [];
  const loaded = await collect(all.filter(isWanted), missing, async (task): Promise<LoadedTask> => {
    const { docs, files } = await loadDataset(task.dataset, data);
    return { task, docs, documents: docs.length, files };
  });
  const isOptional = names.length === 0 && loaded.length > 0;
  problems.push(...missing.filter(({ code }) => !(isOptional && code === 'data/missing-file')));
  return loaded;
}

/** Results of what succeeds; errors of the project are collected. */
async function collect<T, R>(
  items: readonly T[],
  problems: BitlossError[],
  make: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) {
    try {
      results.push(await make(item));
    } catch (error) {
      if (!(error instanceof BitlossError)) throw error;
      problems.push(error);
    }
  }
  return results;
}
