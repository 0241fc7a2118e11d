/** Puts checkpoint, engine, methods and tasks together for one run. */
import { rm } from 'node:fs/promises';
import type { BitlossError } from '../data/errors.ts';
import { changesWeights, FP16 } from '../data/recipe.ts';
import type { CalibrationText } from './calibration.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { residentWeights } from './checkpoint/resident.ts';
import { Compressor, compressedFolder } from './compressor.ts';
import type { Doc } from './datasets/dataset.ts';
import type { Reference } from './divergence.ts';
import { describePrecision } from './engines/describe-precision.ts';
import type { Engine, LoadedModel, OnProgress } from './engines/engine.ts';
import { type ForwardPrecision, UNROUNDED } from './engines/forward-quantizer.ts';
import { type PreparedTask, prepareTask } from './evaluate.ts';
import { precisionFor } from './methods/index.ts';
import { describeNominal } from './methods/nominal.ts';
import type { PlannedCell, PlannedRecipe, PlannedRun } from './plan.ts';
import type { ModelForm, OnShare, OpenedModel } from './run.ts';
import type { WeightSource } from './weights.ts';

export interface WorkbenchParts {
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
  /** Documents by task id. */
  readonly documents: ReadonlyMap<string, readonly Doc[]>;
  /** By task id: windows that are measured; without it, or for other tasks, all. */
  readonly windows?: ReadonlyMap<string, readonly number[]>;
  /** Null where no recipe of the run calibrates. */
  readonly calibrationText: CalibrationText | null;
  /** Bytes of weights that stay in memory. */
  readonly memory: number;
  /** Folder for compressed weights, absolute. */
  readonly cache: string;
  readonly keep: boolean;
  readonly log: (line: string) => void;
}

/** Hidden states, attention scores and logits that live at the same time; beyond this, larger batches gain nothing. */
export const WORKSPACE_BYTES = 256 * 2 ** 20;

/** Bits of a weight that is not compressed: checkpoints are published with 16. */
const UNCOMPRESSED_BITS = 16;

export class Workbench implements OpenedModel {
  readonly #run: PlannedRun;
  readonly #parts: WorkbenchParts;
  /** Requests are the same for every recipe, so they are made once. */
  readonly #prepared = new Map<string, PreparedTask>();
  /** Of the 16-bit model, by task; memory: at most 512 MiB for each rolling task. */
  readonly #references = new Map<string, Reference | null>();
  readonly #compressor: Compressor;

  constructor(run: PlannedRun, parts: WorkbenchParts) {
    this.#run = run;
    this.#parts = parts;
    this.#compressor = new Compressor({
      ...parts,
      weights: this.#resident(parts.checkpoint.weights),
      parameters: run.model.manifest.params,
      workspaceBytes: WORKSPACE_BYTES,
    });
  }

  expect(recipes: readonly PlannedRecipe[]): void {
    this.#compressor.expect(recipes);
  }

  async form(recipe: PlannedRecipe, onProgress: OnShare): Promise<ModelForm> {
    const precision = precisionFor(recipe.recipe);
    if (!changesWeights(recipe.recipe)) return this.#asReleased(recipe, precision);
    const folder = compressedFolder(this.#parts.cache, recipe);
    const compressed = await this.#compressor.compress(recipe, onProgress);
    const model = await this.#load(compressed, precision);
    return {
      bitsPerWeight: compressed.size.bitsPerWeight,
      sizeBytes: compressed.size.sizeBytes,
      notes: [
        ...describePrecision(precision),
        ...describeNominal(recipe.recipe, compressed.size.bitsPerWeight),
        ...compressed.notes,
      ],
      evaluate: (cell, onShare) => this.#compare(model, cell, onShare),
      discard: async () => {
        if (!this.#parts.keep) await rm(folder, { recursive: true, force: true });
      },
    };
  }

  async close(): Promise<void> {
    this.#prepared.clear();
    this.#references.clear();
    this.#compressor.close();
  }

  /** The weights as they are, with or without rounding in the forward pass. */
  async #asReleased({ recipe }: PlannedRecipe, precision: ForwardPrecision): Promise<ModelForm> {
    const model = await this.#load(this.#parts.checkpoint.weights, precision);
    return {
      bitsPerWeight: UNCOMPRESSED_BITS,
      sizeBytes: (this.#run.model.manifest.params * UNCOMPRESSED_BITS) / 8,
      notes: describePrecision(precision),
      evaluate: (cell, onShare) =>
        recipe.method === FP16.method
          ? this.#preparedFor(cell).evaluate(model, progressOf(onShare))
          : this.#compare(model, cell, onShare),
      discard: async () => undefined,
    };
  }

  #load(weights: WeightSource, precision: ForwardPrecision): Promise<LoadedModel> {
    const { checkpoint, engine, log } = this.#parts;
    return engine.load(checkpoint.architecture, this.#resident(weights), {
      workspaceBytes: WORKSPACE_BYTES,
      precision,
      log,
    });
  }

  #resident(weights: WeightSource): WeightSource {
    const { checkpoint, memory } = this.#parts;
    return residentWeights(weights, checkpoint.architecture, memory);
  }

  /** Measures a compressed form, with its distance from the 16-bit model where the task compares distributions. */
  async #compare(model: LoadedModel, cell: PlannedCell, onShare: OnShare) {
    const reference = await this.#reference(cell);
    return this.#preparedFor(cell).evaluate(model, progressOf(onShare), reference ?? undefined);
  }

  /** Computed when the first recipe needs it, which after a resume is not the first of the run; kept until the end. */
  async #reference(cell: PlannedCell): Promise<Reference | null> {
    const { id } = cell.task;
    const known = this.#references.get(id);
    if (known !== undefined) return known;
    const model = await this.#load(this.#parts.checkpoint.weights, UNROUNDED);
    const reference = await this.#preparedFor(cell).reference(model);
    this.#references.set(id, reference);
    return reference;
  }

  #preparedFor(cell: PlannedCell): PreparedTask {
    const prepared = this.#prepared.get(cell.task.id) ?? this.#prepare(cell);
    this.#prepared.set(cell.task.id, prepared);
    return prepared;
  }

  #prepare({ task, settings }: PlannedCell): PreparedTask {
    const { checkpoint, documents } = this.#parts;
    const { architecture: limits, tokenizer } = checkpoint;
    const docs = documents.get(task.id) ?? [];
    const windows = this.#parts.windows?.get(task.id);
    try {
      return prepareTask({ task, settings, docs, tokenizer, limits, windows });
    } catch (error) {
      // A limit means "at most"; how many windows a text has is known only after it became tokens.
      if ((error as BitlossError).code !== 'task/limit') throw error;
      return prepareTask({ task, settings: { ...settings, limit: null }, docs, tokenizer, limits, windows });
    }
  }
}

function progressOf(onShare: OnShare): OnProgress {
  return (done, total) => onShare(done / total);
}
