/** Compresses a model block by block, keeps every finished block, and goes on where an earlier run stopped. */
import type { Recipe } from '../data/recipe.ts';
import { type CalibrationData, startCalibration } from './compress/calibration-run.ts';
import type { CompressedModel } from './compress/compressed-model.ts';
import { Lane } from './compress/lane.ts';
import type { CalibrationPass } from './engines/engine.ts';
import { compressErrors as errors } from './errors/compress.ts';
import { isDeviceLost } from './errors/run.ts';
import type { Architecture, Block, Linear } from './families/architecture.ts';
import { linearsOf, siblingsOf } from './families/linears.ts';
import { cpuOperations } from './operations/cpu.ts';
import type { DenseLinear, ObservedInputs, Operations, Wanted } from './operations/operations.ts';
import type { WeightSource } from './weights.ts';

export type { CalibrationData } from './compress/calibration-run.ts';
export type { CompressedModel } from './compress/compressed-model.ts';

/** What several recipes of one model share. */
export interface SharedOptions {
  readonly architecture: Architecture;
  /** The original weights. */
  readonly weights: WeightSource;
  /** Parameters of the whole model, tied tensors counted once. */
  readonly parameters: number;
  /** Null is enough for methods that need no data; the engine is loaded only where a block has to be made. */
  readonly calibration: CalibrationData | null;
  /** Where the heavy steps are done. @default those of the calibration's engine, else on the CPU */
  readonly operations?: Operations;
  readonly log: (line: string) => void;
  /** `done` of `total` linears. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CompressTarget {
  readonly recipe: Recipe;
  /** Holds this compressed model and nothing else; its name is the caller's key over weights, recipe and calibration. */
  readonly folder: string;
}

export interface CompressOptions extends SharedOptions, CompressTarget {}

/** Of one of several recipes, none of which stops the others. */
export type CompressOutcome = { readonly model: CompressedModel } | { readonly error: unknown };

/**
 * Makes or opens the compressed form of a model.
 *
 * Calibration is sequential: block k sees what the compressed blocks before it put out, in every calibration sequence.
 * Per block: its original weights run once while the Gram matrices of its inputs are summed; its linears are
 * compressed, those with one input sharing one Hessian and one factorization (with `trueSequential` the block runs again
 * before each group of them, its earlier linears compressed); the block is written under a temporary
 * name and renamed, while the compressed block runs once more to make the next block's inputs.
 * A killed run loses at most the block in progress and the one being written: hidden states are computed again from the blocks on disk, and the
 * result has the same bytes as an uninterrupted run. A damaged block file is reported through `log` and made again.
 * Memory: the hidden states of all calibration sequences, two blocks, the Hessians of one and one factor.
 * @throws method/unknown, method/unsupported, method/group-size before anything is written or loaded;
 *         method/…, compress/…, and whatever weights and engine throw
 */
export async function compressModel(options: CompressOptions): Promise<CompressedModel> {
  const lane = new Lane(laneParts(options, options));
  await lane.prepare();
  await new Pass(options, [lane], lane.current, false).perform();
  return lane.model();
}

/**
 * Makes or opens the forms of a model that several recipes give, in one pass over its blocks with parallel calibration:
 * every block sees what the original blocks before it put out, so that it runs once, and only once, for all recipes. What they
 * ask of its inputs is noted together; each then gets the same numbers as if it were alone. Finished blocks are kept as by
 * `compressModel`, and a recipe that fails stops none of the others.
 * Memory: as for one recipe, and one packed block of each.
 * @returns one outcome a target, in their order
 * @throws kernels/device, and what opening the model throws
 */
export async function compressModels(
  options: SharedOptions,
  targets: readonly CompressTarget[],
): Promise<readonly CompressOutcome[]> {
  const planned = await Promise.all(targets.map((target) => attempt(() => prepared(options, target))));
  const lanes = planned.flatMap((lane) => ('value' in lane ? [lane.value] : []));
  const failures = await new Pass(options, lanes, options.weights, true).perform();
  return planned.map((lane): CompressOutcome => {
    if (!('value' in lane)) return lane;
    return failures.has(lane.value) ? { error: failures.get(lane.value) } : { model: lane.value.model() };
  });
}

async function prepared(options: SharedOptions, target: CompressTarget): Promise<Lane> {
  const lane = new Lane(laneParts(options, target));
  if (lane.observesAgain) throw errors.parallelOrder(lane.id);
  await lane.prepare();
  return lane;
}

function laneParts(options: SharedOptions, { recipe, folder }: CompressTarget) {
  const isCalibrated = (options.calibration?.sequences.length ?? 0) > 0;
  return { ...options, recipe, folder, operations: operationsOf(options), isCalibrated };
}

function operationsOf({ operations, calibration }: SharedOptions): Operations {
  return operations ?? calibration?.engine.operations ?? cpuOperations;
}

/** Some recipes on one way through the blocks. */
class Pass {
  readonly #options: SharedOptions;
  readonly #lanes: readonly Lane[];
  /** What calibration runs: compressed so far, or the original model. */
  readonly #source: WeightSource;
  readonly #isParallel: boolean;
  readonly #failures = new Map<Lane, unknown>();
  #run: CalibrationPass | null = null;

  constructor(options: SharedOptions, lanes: readonly Lane[], source: WeightSource, isParallel: boolean) {
    this.#options = options;
    this.#lanes = lanes;
    this.#source = source;
    this.#isParallel = isParallel;
  }

  /** Returns what failed; with one recipe by itself throws it. */
  async perform(): Promise<ReadonlyMap<Lane, unknown>> {
    try {
      for (const [index, block] of this.#options.architecture.blocks.entries()) {
        const open: Lane[] = [];
        await this.#each(this.#lanes, async (lane) => {
          if (!(await lane.open(index, block))) open.push(lane);
        });
        if (open.length > 0) await this.#compressBlock(index, block, open);
        this.#tell();
      }
      await this.#each(this.#lanes, (lane) => lane.finish());
    } finally {
      // After another failure, a block that is finished is still written.
      await Promise.allSettled(this.#lanes.map((lane) => lane.finish()));
      await this.#run?.close();
      operationsOf(this.#options).release();
    }
    return this.#failures;
  }

  async #compressBlock(index: number, block: Block, lanes: readonly Lane[]): Promise<void> {
    const wanted = unionOf(lanes);
    let observed = await this.#observe(index, wanted);
    const dense = (linear: Linear) => this.#denseOf(linear);
    await this.#each(lanes, (lane) => lane.begin(block, dense, observed));
    const again = !this.#isParallel && lanes.some(({ observesAgain }) => observesAgain);
    for (const [group, siblings] of siblingsOf(block).entries()) {
      if (again && group > 0) observed = await this.#observe(index, wanted);
      const inputs = observed?.get(siblings[0].name) ?? null;
      const linears: DenseLinear[] = [];
      for (const linear of siblings) linears.push(await dense(linear));
      const tell = () => this.#tell();
      await this.#each(lanes, (lane) =>
        lane.compress(linears, inputs, { run: this.#run, isShared: this.#isParallel }, tell),
      );
      // A Hessian and its factor are the largest things in memory.
      inputs?.hessian?.release();
      observed?.delete(siblings[0].name);
      if (again) releaseAll(observed);
    }
    await this.#each(lanes, (lane) => lane.save(index));
  }

  async #observe(index: number, wanted: Wanted | null): Promise<Map<string, ObservedInputs> | null> {
    const { calibration, architecture } = this.#options;
    if (wanted === null || calibration === null) return null;
    this.#run ??= await startCalibration(calibration, architecture, this.#source);
    // The original block is what the next one reads; behind the last there is none.
    const goesOn = this.#isParallel && index + 1 < architecture.blocks.length;
    return this.#run.observe(index, this.#source, wanted, goesOn);
  }

  /** The original weights, from where they are kept already or from the source. */
  async #denseOf(linear: Linear): Promise<DenseLinear> {
    const { name, outFeatures: N, inFeatures: K } = linear;
    const held = (await this.#run?.linear?.(linear)) ?? null;
    return held ?? { name, weight: await this.#options.weights.linear(linear), N, K };
  }

  /** Does a step for each recipe that has not failed; in a parallel pass one that fails leaves the others alone. */
  async #each(lanes: readonly Lane[], step: (lane: Lane) => Promise<void>): Promise<void> {
    for (const lane of lanes) {
      if (this.#failures.has(lane)) continue;
      const done = this.#isParallel ? await attempt(() => step(lane)) : { value: await step(lane) };
      if (!('value' in done)) this.#failures.set(lane, done.error);
    }
  }

  #tell(): void {
    const { architecture, onProgress } = this.#options;
    if (onProgress === undefined) return;
    const each = architecture.blocks.reduce((sum, block) => sum + linearsOf(block).length, 0);
    onProgress(
      this.#lanes.reduce((sum, { done }) => sum + done, 0),
      each * this.#lanes.length,
    );
  }
}

/** Everything that some recipes ask of the inputs; null where none asks for anything. */
function unionOf(lanes: readonly Lane[]): Wanted | null {
  const wanted = lanes.flatMap((lane) => (lane.wanted === null ? [] : [lane.wanted]));
  if (wanted.length === 0) return null;
  return {
    hessian: wanted.some(({ hessian }) => hessian),
    channels: wanted.some(({ channels }) => channels),
  };
}

function releaseAll(observed: Map<string, ObservedInputs> | null): void {
  for (const { hessian } of observed?.values() ?? []) hessian?.release();
  observed?.clear();
}

async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (isDeviceLost(error)) throw error;
    return { error };
  }
}
