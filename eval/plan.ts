/** Turns models × recipes × tasks into cells, each with the key of everything its numbers depend on. Pure. */
import { z } from 'zod';
import { BitlossError } from '../data/errors.ts';
import { changesWeights, FP16, formatRecipe, type Recipe } from '../data/recipe.ts';
import type { Calibration, ModelManifest } from '../data/schema.ts';
import { sampleLength } from './calibration.ts';
import { type CellContent, cellKey, compressionKey } from './cell-key.ts';
import type { Sweep } from './config.ts';
import { contentHash } from './content-hash.ts';
import type { FileRecord } from './datasets/load.ts';
import type { EngineInfo } from './engines/engine.ts';
import { checkPrecision } from './engines/forward-quantizer.ts';
import { compressErrors } from './errors/compress.ts';
import type { Architecture } from './families/architecture.ts';
import { linearsOf } from './families/linears.ts';
import { methodFor, precisionFor } from './methods/index.ts';
import { resolveSettings, type SettingsRecord } from './requests/resolve-settings.ts';
import type { Task } from './tasks/task.ts';

/** What is known of a model before anything is computed with it. */
export interface ModelFacts {
  readonly manifest: ModelManifest;
  readonly architecture: Architecture;
  readonly bosId: number | null;
  readonly eosId: number | null;
}

/** A task and the files its documents were read from. */
export interface TaskFacts {
  readonly task: Task;
  readonly documents: number;
  readonly files: readonly FileRecord[];
}

export interface PlanInput {
  readonly models: readonly ModelFacts[];
  /** Without `fp16`, which is always planned first. */
  readonly recipes: readonly Recipe[];
  readonly tasks: readonly TaskFacts[];
  readonly engine: EngineInfo;
  /** Of the calibration text; null where no recipe needs one. */
  readonly calibrationSha256: string | null;
  readonly sweep: Pick<Sweep, 'limit' | 'limits' | 'window' | 'bos' | 'seed' | 'calibration'>;
}

export interface PlannedCell {
  readonly key: string;
  readonly task: Task;
  /** Complete, as recorded with the result. */
  readonly settings: SettingsRecord;
}

export interface PlannedRecipe {
  readonly id: string;
  readonly recipe: Recipe;
  /** Null where the method needs no data. */
  readonly calibration: Calibration | null;
  readonly compressionKey: string;
  readonly cells: readonly PlannedCell[];
}

/** One run: everything that is asked of one model. */
export interface PlannedRun {
  /** From the keys of its cells, so that the same question is the same run. */
  readonly id: string;
  readonly model: ModelFacts;
  /** `fp16` first, because every other recipe is compared with it. */
  readonly recipes: readonly PlannedRecipe[];
}

/** Something that was asked for and makes no sense. Null stands for all of them. */
export interface Exclusion {
  readonly model: string;
  readonly recipe: string | null;
  readonly task: string | null;
  readonly reason: string;
}

export interface Plan {
  readonly runs: readonly PlannedRun[];
  readonly exclusions: readonly Exclusion[];
}

export function planCells(input: PlanInput): Plan {
  const exclusions: Exclusion[] = [];
  const runs = input.models.map((model) => planRun(input, model, exclusions));
  return { runs: runs.filter(({ recipes }) => recipes.length > 0), exclusions };
}

/** Every cell of a run, with its recipe. */
export function cellsOf(run: PlannedRun): readonly (PlannedCell & { readonly recipe: string })[] {
  return run.recipes.flatMap(({ id, cells }) => cells.map((cell) => ({ ...cell, recipe: id })));
}

function planRun(input: PlanInput, model: ModelFacts, exclusions: Exclusion[]): PlannedRun {
  const exclude = (recipe: string | null, task: string | null, reason: string) =>
    exclusions.push({ model: model.manifest.id, recipe, task, reason });
  const tasks = input.tasks.flatMap((facts) => {
    const settings = attempt(() => taskSettings(facts, input, model));
    if ('value' in settings) return [{ facts, settings: settings.value }];
    exclude(null, facts.task.id, settings.reason);
    return [];
  });
  const recipes = [FP16, ...input.recipes].flatMap((recipe) => {
    const planned = attempt(() => planRecipe(input, model, recipe, tasks));
    if ('value' in planned) return tasks.length === 0 ? [] : [planned.value];
    exclude(formatRecipe(recipe), null, planned.reason);
    return [];
  });
  return { id: runId(model, recipes), model, recipes };
}

/** The run that asks for these recipes of another run only, `fp16` always among them. */
export function narrowRun({ model, recipes }: PlannedRun, ids: readonly string[]): PlannedRun {
  const kept = recipes.filter(({ id, recipe }) => recipe.method === FP16.method || ids.includes(id));
  return { id: runId(model, kept), model, recipes: kept };
}

function runId({ manifest }: ModelFacts, recipes: readonly PlannedRecipe[]): string {
  const keys = recipes.flatMap(({ cells }) => cells.map(({ key }) => key));
  return `${manifest.id}-${contentHash(keys.sort()).slice(0, 12)}`;
}

function planRecipe(
  input: PlanInput,
  model: ModelFacts,
  recipe: Recipe,
  tasks: readonly { readonly facts: TaskFacts; readonly settings: SettingsRecord }[],
): PlannedRecipe {
  const id = formatRecipe(recipe);
  checkRecipe(recipe, model.architecture);
  const calibration = calibrationOf(input, model, recipe);
  const content = { engine: input.engine, model, recipe: id, calibration, seed: input.sweep.seed };
  const cells = tasks.map(({ facts: { task, files }, settings }) => {
    const cellContent: CellContent = { ...content, task, settings, files };
    return { key: cellKey(cellContent), task, settings };
  });
  return { id, recipe, calibration, compressionKey: compressionKey(content), cells };
}

/** Throws what there is to say against a recipe, as such or for this model. */
function checkRecipe(recipe: Recipe, architecture: Architecture): void {
  if (recipe.method === FP16.method) return;
  const method = methodFor(recipe);
  checkPrecision(precisionFor(recipe), architecture, formatRecipe(recipe));
  if (!changesWeights(recipe)) return;
  const settings = method.fromRecipe(recipe);
  for (const { name, outFeatures: N, inFeatures: K } of architecture.blocks.flatMap(linearsOf)) {
    method.check({ name, N, K }, settings);
  }
}

function taskSettings(facts: TaskFacts, { sweep }: PlanInput, { architecture }: ModelFacts): SettingsRecord {
  const { task, documents } = facts;
  const limit = sweep.limits[task.id] ?? sweep.limit;
  const isAll = limit === null || (task.item === 'document' && limit >= documents);
  const known = task.settings instanceof z.ZodObject ? Object.keys(task.settings.shape) : [];
  const given = {
    limit: isAll ? null : limit,
    ...(sweep.window !== null && known.includes('window') ? { window: sweep.window } : {}),
    ...(sweep.bos === 'tokenizer' ? {} : { bos: sweep.bos }),
  };
  return { ...resolveSettings(task, given, architecture) };
}

function calibrationOf(input: PlanInput, { architecture }: ModelFacts, recipe: Recipe): Calibration | null {
  if (!changesWeights(recipe) || methodFor(recipe).needs === 'nothing') return null;
  const { calibration, seed } = input.sweep;
  if (calibration.mode === 'parallel' && recipe.trueSequential)
    throw compressErrors.parallelOrder(formatRecipe(recipe));
  const { maxPositions } = architecture;
  const length = sampleLength(calibration.length, maxPositions);
  if (input.calibrationSha256 === null)
    throw new TypeError('a calibrated recipe is planned without its text');
  return {
    text: calibration.text,
    sha256: input.calibrationSha256,
    samples: calibration.samples,
    length,
    seed,
    mode: calibration.mode,
  };
}

function attempt<T>(compute: () => T): { readonly value: T } | { readonly reason: string } {
  try {
    return { value: compute() };
  } catch (error) {
    if (error instanceof BitlossError) return { reason: error.message };
    throw error;
  }
}
