/** One recipe on its way through the blocks of a model: checks, compresses, keeps and opens its blocks. */
import { createHash } from 'node:crypto';
import { changesWeights, formatRecipe, type Recipe } from '../../data/recipe.ts';
import type { CalibrationPass } from '../engines/engine.ts';
import { compressErrors as errors } from '../errors/compress.ts';
import { methodErrors } from '../errors/method.ts';
import type { Architecture, Block, Linear } from '../families/architecture.ts';
import { linearsOf, scoreLinearsOf } from '../families/linears.ts';
import { packedBytes } from '../formats/format.ts';
import { createRng } from '../math/rng.ts';
import { methodFor } from '../methods/index.ts';
import { type Method, statisticsFor, wantedFor } from '../methods/method.ts';
import type { DenseLinear, ObservedInputs, Operations, Wanted } from '../operations/operations.ts';
import type { WeightSource } from '../weights.ts';
import type { CompressedBlock, CompressedLinear } from './block-file.ts';
import { type BlockPlace, openFinished, prepareFolder, saveBlock } from './block-folder.ts';
import { type CompressedModel, compressedModel, overlay } from './compressed-model.ts';
import { RescaledBlock } from './rescaled-block.ts';
import { Saving } from './saving.ts';
import type { StoredBlock, StoredLinear, StoredTensor } from './stored-block.ts';

export interface LaneParts {
  readonly architecture: Architecture;
  /** The original weights. */
  readonly weights: WeightSource;
  /** Parameters of the whole model, tied tensors counted once. */
  readonly parameters: number;
  readonly recipe: Recipe;
  /** Holds this compressed model and nothing else; its name is the caller's key over weights, recipe and calibration. */
  readonly folder: string;
  readonly operations: Operations;
  readonly isCalibrated: boolean;
  readonly log: (line: string) => void;
}

/** The block that is being compressed. */
interface Current {
  readonly rescaled: RescaledBlock;
  /** Names of the linears that make queries or keys. */
  readonly scoring: ReadonlySet<string>;
  readonly done: CompressedLinear[];
}

export class Lane {
  /** Canonical recipe id. */
  readonly id: string;
  /** Null where nothing has to be calibrated. */
  readonly wanted: Wanted | null;
  /** The model with everything compressed so far in place. */
  readonly current: WeightSource;
  readonly #parts: LaneParts;
  readonly #method: Method;
  readonly #settings: unknown;
  readonly #stored = { linears: new Map<string, StoredLinear>(), tensors: new Map<string, StoredTensor>() };
  readonly #saving = new Saving();
  #block: Current | null = null;
  /** Of the block that is being written. */
  #unsaved: readonly CompressedLinear[] = [];

  /**
   * Checks everything that can be checked before work begins.
   * @throws method/unknown, method/unsupported, method/group-size, compress/no-calibration
   */
  constructor(parts: LaneParts) {
    const { recipe, architecture, weights, isCalibrated } = parts;
    this.#parts = parts;
    this.id = formatRecipe(recipe);
    this.#method = methodFor(recipe);
    if (!changesWeights(recipe))
      throw methodErrors.unsupported(
        this.id,
        'it leaves the weights as they are, so there is nothing to compress',
      );
    this.#settings = this.#method.settings.parse(this.#method.fromRecipe(recipe));
    for (const { name, outFeatures: N, inFeatures: K } of architecture.blocks.flatMap(linearsOf))
      this.#method.check({ name, N, K }, this.#settings);
    if (this.#method.needs !== 'nothing' && !isCalibrated) throw errors.noCalibration(this.id);
    this.wanted = wantedFor(this.#method.needs);
    this.current = overlay(weights, architecture, this.#stored);
  }

  /** Whether a block is observed anew before each group of its linears, the earlier ones compressed. */
  get observesAgain(): boolean {
    return this.#parts.recipe.trueSequential;
  }

  /** Linears that are compressed. */
  get done(): number {
    return this.#stored.linears.size;
  }

  prepare(): Promise<void> {
    return prepareFolder(this.#parts.folder);
  }

  /** Takes a block of an earlier run; false where it has to be made. Throws `compress/other-recipe`, `compress/read`. */
  async open(index: number, block: Block): Promise<boolean> {
    const finished = await openFinished(this.#place(index), linearsOf(block), this.#parts.log);
    if (finished !== null) this.#addAll(finished);
    return finished !== null;
  }

  /** @param observed  by the first linear of each group of siblings; not changed */
  async begin(
    block: Block,
    dense: (linear: Linear) => Promise<DenseLinear>,
    observed: ReadonlyMap<string, ObservedInputs> | null,
  ): Promise<void> {
    const { architecture, weights, operations } = this.#parts;
    const own = { method: this.#method, settings: this.#settings };
    const parts = { ...own, architecture, weights, operations, block, dense, observed };
    const scoring = new Set(scoreLinearsOf(block).map(({ name }) => name));
    this.#block = { rescaled: await RescaledBlock.choose(parts), scoring, done: [] };
  }

  /**
   * Compresses linears that read one input.
   * @param run       goes on with the compressed linears, unless `isShared`: others read these statistics and weights too
   * @param onLinear  called for each of them
   */
  async compress(
    linears: readonly DenseLinear[],
    observed: ObservedInputs | null,
    { run, isShared }: { readonly run: CalibrationPass | null; readonly isShared: boolean },
    onLinear: () => void,
  ): Promise<void> {
    const { rescaled, scoring, done } = this.#working();
    const [first] = linears;
    const isCopied = isShared && observed?.hessian != null && rescaled.divides(first);
    const given = isCopied ? { ...observed, hessian: await observed.hessian.copy() } : observed;
    try {
      const inputs = await rescaled.inputs(first, given);
      for (const dense of linears) {
        const own = await rescaled.dense(dense);
        const made = await this.#compressLinear(own, inputs, scoring.has(dense.name));
        const finished = rescaled.finish(made);
        this.#stored.linears.set(dense.name, inMemory(finished));
        done.push(finished);
        // A block with other tensors that changed is read again as a whole.
        if (!isShared && rescaled.tensors.size === 0)
          await run?.replace?.(new Map([[dense.name, finished.packed]]));
        onLinear();
      }
    } finally {
      if (isCopied) given?.hessian?.release();
    }
  }

  /** Begins to write the block. */
  async save(index: number): Promise<void> {
    const { rescaled, done } = this.#working();
    const made: CompressedBlock = { linears: done, tensors: rescaled.tensors };
    for (const [name, { shape, values }] of made.tensors)
      this.#stored.tensors.set(name, { shape, load: async () => values });
    this.#block = null;
    await this.#saving.begin(async () => this.#addAll(await saveBlock(this.#place(index), made)));
    // The block before is read from its file from now on, and no engine is still at it.
    for (const { packed } of this.#unsaved) this.#parts.operations.recycle?.(packed);
    this.#unsaved = done;
  }

  /** Kept when every block is written. Throws `compress/write`. */
  finish(): Promise<void> {
    return this.#saving.finish();
  }

  model(): CompressedModel {
    const { weights, architecture, parameters } = this.#parts;
    return compressedModel(weights, architecture, this.id, parameters, this.#stored);
  }

  #working(): Current {
    if (this.#block === null) throw new TypeError(`[compress] ${this.id}: no block was begun.`);
    return this.#block;
  }

  #place(index: number): BlockPlace {
    return { folder: this.#parts.folder, index, recipe: this.id };
  }

  #addAll({ linears, tensors }: StoredBlock): void {
    for (const [name, linear] of linears) this.#stored.linears.set(name, linear);
    for (const [name, tensor] of tensors) this.#stored.tensors.set(name, tensor);
  }

  async #compressLinear(
    dense: DenseLinear,
    observed: ObservedInputs | null,
    feedsScores: boolean,
  ): Promise<CompressedLinear> {
    const { operations } = this.#parts;
    const { name } = dense;
    const rng = createRng(seedOf(this.id, name));
    const statistics = statisticsFor(this.#method.needs, observed);
    const context = { statistics, operations, rng, feedsScores };
    const quantized = await this.#method.quantize(dense, this.#settings, context);
    const { packed, hessianLoss, notes } = quantized;
    const relativeError = await operations.relativeError(dense, packed);
    return { packed, report: { name, packedBytes: packedBytes(packed), relativeError, hessianLoss, notes } };
  }
}

/** A linear whose file is still being written. */
function inMemory({ report, packed }: CompressedLinear): StoredLinear {
  return { report, N: packed.N, K: packed.K, load: async () => packed };
}

function seedOf(recipe: string, linear: string): number {
  return createHash('sha256').update(`${recipe} ${linear}`).digest().readUIntBE(0, 6);
}
