/** Compresses the recipes of one run: each when it is needed, or all that calibrate in parallel in one pass. */
import path from 'node:path';
import { type CalibrationText, drawSamples } from './calibration.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import {
  type CompressedModel,
  type CompressOutcome,
  compressModel,
  compressModels,
  type SharedOptions,
} from './compress.ts';
import type { Engine } from './engines/engine.ts';
import type { PlannedRecipe } from './plan.ts';
import type { OnShare } from './run.ts';
import type { WeightSource } from './weights.ts';

export interface CompressorParts {
  readonly engine: Engine;
  readonly checkpoint: Pick<Checkpoint, 'architecture' | 'tokenizer'>;
  /** The original weights. */
  readonly weights: WeightSource;
  /** Parameters of the whole model, tied tensors counted once. */
  readonly parameters: number;
  /** Null where no recipe of the run calibrates. */
  readonly calibrationText: CalibrationText | null;
  /** For hidden states of calibration. */
  readonly workspaceBytes: number;
  /** Folder for compressed weights, absolute. */
  readonly cache: string;
  readonly log: (line: string) => void;
}

/** Where the compressed form of a model is kept. */
export function compressedFolder(
  cache: string,
  { compressionKey }: Pick<PlannedRecipe, 'compressionKey'>,
): string {
  return path.join(cache, 'compressed', compressionKey);
}

export class Compressor {
  readonly #parts: CompressorParts;
  /** All recipes of a run are calibrated on the same samples. */
  #sequences: readonly Int32Array[] | null = null;
  /** Recipes that will be asked for. */
  #expected: readonly PlannedRecipe[] = [];
  /** Of those that were compressed in one pass and are not asked for yet, by id. */
  readonly #outcomes = new Map<string, CompressOutcome>();

  constructor(parts: CompressorParts) {
    this.#parts = parts;
  }

  /** Recipes that calibrate in parallel are compressed together when the first of them is asked for. */
  expect(recipes: readonly PlannedRecipe[]): void {
    this.#expected = recipes;
  }

  /**
   * Calibration runs with 16-bit activations, keys and values, so a method sees what the released model computes.
   * @throws as `compressModel`
   */
  async compress(recipe: PlannedRecipe, onProgress: OnShare): Promise<CompressedModel> {
    const options = this.#options(recipe, onProgress);
    if (recipe.calibration?.mode !== 'parallel')
      return compressModel({ ...options, ...this.#target(recipe) });
    if (!this.#outcomes.has(recipe.id)) await this.#compressAll(recipe, options);
    const outcome = this.#outcomes.get(recipe.id)!;
    this.#outcomes.delete(recipe.id);
    if ('error' in outcome) throw outcome.error;
    return outcome.model;
  }

  close(): void {
    this.#sequences = null;
    this.#outcomes.clear();
  }

  async #compressAll(first: PlannedRecipe, options: SharedOptions): Promise<void> {
    const others = this.#expected.filter(
      ({ id, calibration }) => id !== first.id && calibration?.mode === 'parallel',
    );
    const recipes = [first, ...others];
    this.#expected = [];
    const outcomes = await compressModels(
      options,
      recipes.map((recipe) => this.#target(recipe)),
    );
    for (const [i, { id }] of recipes.entries()) this.#outcomes.set(id, outcomes[i]!);
  }

  #target(recipe: PlannedRecipe) {
    return { recipe: recipe.recipe, folder: compressedFolder(this.#parts.cache, recipe) };
  }

  #options(recipe: PlannedRecipe, onProgress: OnShare): SharedOptions {
    const { checkpoint, engine, weights, parameters, workspaceBytes, log } = this.#parts;
    const sequences = this.#samples(recipe);
    return {
      architecture: checkpoint.architecture,
      ...{ weights, parameters, log },
      calibration: sequences === null ? null : { engine, sequences, workspaceBytes },
      ...(engine.operations === undefined ? {} : { operations: engine.operations }),
      onProgress: (done, total) => onProgress(done / total),
    };
  }

  #samples({ calibration }: PlannedRecipe): readonly Int32Array[] | null {
    const { calibrationText, checkpoint } = this.#parts;
    if (calibration === null || calibrationText === null) return null;
    this.#sequences ??= drawSamples(calibrationText, calibration, checkpoint.tokenizer);
    return this.#sequences;
  }
}
