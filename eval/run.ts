/** Executes a planned run: the 16-bit model first, then every recipe, compressed once and measured on all its tasks. */
import type { Cell, FailedCell, FinishedCell, Manifest, Metric, Paired } from '../data/schema.ts';
import { isDeviceLost, runErrors } from './errors/run.ts';
import type { Evaluation } from './evaluate.ts';
import { pairedWithBaseline } from './evaluate.ts';
import type { ItemTable } from './items.ts';
import { peakMemoryBytes, resetPeakMemory } from './memory.ts';
import type { PlannedCell, PlannedRecipe, PlannedRun } from './plan.ts';
import type { Progress, Step } from './progress.ts';
import { describeCell, describeFailure } from './result-line.ts';

/** A model in one of its forms: as released, or compressed. */
export interface ModelForm {
  readonly bitsPerWeight: number;
  readonly sizeBytes: number;
  readonly notes: readonly string[];
  evaluate(cell: PlannedCell, onProgress: OnShare): Promise<Evaluation>;
  /** Frees what the form holds, on disk too. */
  discard(): Promise<void>;
}

export interface OpenedModel {
  /** Told once, before anything is asked for, what will be. */
  expect?(recipes: readonly PlannedRecipe[]): void;
  /** Compresses, or opens the model as released for `fp16`. */
  form(recipe: PlannedRecipe, onProgress: OnShare): Promise<ModelForm>;
  close(): Promise<void>;
}

/** Share of the step that is done, 0…1. */
export type OnShare = (share: number) => void;

/** Keeps what was measured. Every method is durable when its promise resolves, and throws `store/…` where it cannot be. */
export interface Recorder {
  /** Cells that need not be measured: finished by an earlier run, or failed for a reason that stays. */
  readonly earlier: ReadonlyMap<string, Cell>;
  /** Returns the cell as stored: with the place of its items, or failed where its numbers cannot be stored. */
  finish(cell: FinishedCell, items: ItemTable): Promise<Cell>;
  fail(cell: FailedCell): Promise<void>;
  /** Item outcomes of a finished cell; null where there are none. */
  items(key: string): Promise<ItemTable | null>;
}

/** Opens what keeps the cells of a run. */
export interface RunStore {
  /**
   * @param retry     failed cells are measured again
   * @param manifest  of the run as of now, from what earlier calls stored
   */
  begin(
    run: PlannedRun,
    retry: boolean,
    manifest: (earlier: Manifest | null) => Manifest,
  ): Promise<Recorder & { readonly file: string }>;
}

export interface RunParts {
  /** Called only when something has to be computed. */
  readonly open: (run: PlannedRun) => Promise<OpenedModel>;
  readonly recorder: Recorder;
  readonly progress: (steps: readonly Step[], reusedCells: number) => Progress;
}

export interface RunSummary {
  readonly measured: number;
  readonly reused: number;
  /** Cells with an error, earlier ones included. */
  readonly failed: number;
}

/** @throws store/…, what opening the model throws, and kernels/device after its cell has failed; everything else becomes a failed cell */
export async function executeRun(run: PlannedRun, parts: RunParts): Promise<RunSummary> {
  const { recorder } = parts;
  const pending = run.recipes.flatMap((recipe) => {
    const cells = recipe.cells.filter(({ key }) => !recorder.earlier.has(key));
    return cells.length === 0 ? [] : [pendingRecipe(recipe, cells)];
  });
  const total = run.recipes.reduce((sum, { cells }) => sum + cells.length, 0);
  const measured = pending.reduce((sum, { cells }) => sum + cells.length, 0);
  let failed = [...recorder.earlier.values()].filter((cell) => 'error' in cell).length;
  if (pending.length > 0) {
    const steps = pending.flatMap(({ form, cells }) => [
      ...(form === null ? [] : [form]),
      ...cells.map(({ step }) => step),
    ]);
    const execution = new Execution(run, recorder, parts.progress(steps, total - measured));
    failed += await execution.perform(parts.open, pending);
  }
  return { measured, reused: total - measured, failed };
}

interface PendingRecipe {
  readonly recipe: PlannedRecipe;
  /** Null for the model as released. */
  readonly form: Step | null;
  readonly cells: readonly { readonly cell: PlannedCell; readonly step: Step }[];
}

function pendingRecipe(recipe: PlannedRecipe, cells: readonly PlannedCell[]): PendingRecipe {
  const { id } = recipe;
  const { method } = recipe.recipe;
  return {
    recipe,
    form: method === 'fp16' ? null : { kind: `compress ${method}`, label: `${id} compress`, isCell: false },
    cells: cells.map((cell) => ({
      cell,
      step: { kind: `measure ${cell.task.id}`, label: `${id} ${cell.task.id}`, isCell: true },
    })),
  };
}

class Execution {
  readonly #run: PlannedRun;
  readonly #recorder: Recorder;
  readonly #progress: Progress;
  /** Item outcomes of the 16-bit model, by task. */
  readonly #baseline = new Map<string, ItemTable>();
  #failed = 0;

  constructor(run: PlannedRun, recorder: Recorder, progress: Progress) {
    this.#run = run;
    this.#recorder = recorder;
    this.#progress = progress;
  }

  /** Returns how many cells failed. */
  async perform(open: RunParts['open'], pending: readonly PendingRecipe[]): Promise<number> {
    const model = await open(this.#run);
    try {
      model.expect?.(pending.map(({ recipe }) => recipe));
      for (const recipe of pending) await this.#performRecipe(model, recipe);
    } finally {
      this.#progress.close();
      await model.close();
    }
    return this.#failed;
  }

  async #performRecipe(model: OpenedModel, { recipe, form: formStep, cells }: PendingRecipe): Promise<void> {
    if (formStep !== null) this.#progress.start(formStep);
    resetPeakMemory();
    const startedAt = performance.now();
    let form: ModelForm;
    try {
      form = await model.form(recipe, (share) => this.#progress.advance(share));
    } catch (cause) {
      const error = runErrors.compression(recipe.id, cause);
      for (const { cell } of cells) await this.#fail(recipe, cell, error, performance.now() - startedAt);
      this.#progress.skip(cells.map(({ step }) => step));
      if (isDeviceLost(cause)) throw cause;
      return;
    }
    if (formStep !== null) this.#progress.finish();
    try {
      for (const { cell, step } of cells) {
        this.#progress.start(step);
        await this.#measure(form, recipe, cell);
        this.#progress.finish();
      }
    } finally {
      await form.discard();
    }
  }

  async #measure(form: ModelForm, recipe: PlannedRecipe, cell: PlannedCell): Promise<void> {
    resetPeakMemory();
    const startedAt = performance.now();
    let finished: FinishedCell;
    let items: ItemTable;
    try {
      const evaluation = await form.evaluate(cell, (share) => this.#progress.advance(share));
      items = evaluation.items;
      finished = {
        ...this.#base(recipe, cell, performance.now() - startedAt),
        bits_per_weight: form.bitsPerWeight,
        size_bytes: form.sizeBytes,
        metrics: await this.#pair(recipe, cell, evaluation),
        items: null,
        notes: shorten([...form.notes, ...evaluation.notes]),
      };
    } catch (cause) {
      await this.#fail(recipe, cell, runErrors.cell(cause), performance.now() - startedAt);
      if (isDeviceLost(cause)) throw cause;
      return;
    }
    if (recipe.recipe.method === 'fp16') this.#baseline.set(cell.task.id, items);
    const stored = await this.#recorder.finish(finished, items);
    if ('error' in stored) this.#failed += 1;
    this.#progress.log('error' in stored ? describeFailure(stored) : describeCell(stored));
  }

  /** Adds the comparison with the 16-bit model, item by item. */
  async #pair(
    recipe: PlannedRecipe,
    { task }: PlannedCell,
    { metrics, items }: Evaluation,
  ): Promise<Metric[]> {
    const baseline = recipe.recipe.method === 'fp16' ? null : await this.#baselineOf(task.id);
    const paired: Readonly<Record<string, Paired | null>> =
      baseline === null ? {} : pairedWithBaseline(items, baseline, task);
    return metrics.map((metric) => ({ ...metric, paired: paired[metric.metric] ?? null }));
  }

  async #baselineOf(task: string): Promise<ItemTable | null> {
    const known = this.#baseline.get(task);
    if (known !== undefined) return known;
    const cell = this.#run.recipes
      .find(({ recipe }) => recipe.method === 'fp16')
      ?.cells.find((candidate) => candidate.task.id === task);
    const stored = cell === undefined ? null : await this.#recorder.items(cell.key);
    if (stored !== null) this.#baseline.set(task, stored);
    return stored;
  }

  async #fail(
    recipe: PlannedRecipe,
    cell: PlannedCell,
    error: FailedCell['error'],
    wallMs: number,
  ): Promise<void> {
    const failed: FailedCell = { ...this.#base(recipe, cell, wallMs), error };
    await this.#recorder.fail(failed);
    this.#failed += 1;
    this.#progress.log(describeFailure(failed));
  }

  #base({ id }: PlannedRecipe, { key, task, settings }: PlannedCell, wallMs: number) {
    return {
      cell_key: key,
      model: this.#run.model.manifest.id,
      recipe: id,
      task: task.id,
      task_version: task.version,
      settings: { ...settings },
      wall_ms: Math.round(wallMs),
      peak_memory_bytes: peakMemoryBytes(),
    };
  }
}

const NOTES = 20;
const NOTE_LENGTH = 2000;

/** A calibrated method may have something to say about every linear of a large model. */
function shorten(notes: readonly string[]): string[] {
  const shown = [...new Set(notes)].slice(0, NOTES).map((note) => note.slice(0, NOTE_LENGTH));
  const left = new Set(notes).size - shown.length;
  return left > 0 ? [...shown, `… and ${left} more notes of this kind.`] : shown;
}
