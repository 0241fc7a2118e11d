/** Recipes of every block of a model with random weights, calibrated block by block: all that `compressModel` does but the disk. */
import { parseRecipe } from '../../data/recipe.ts';
import { RescaledBlock } from '../../eval/compress/rescaled-block.ts';
import type { CudaEngine } from '../../eval/engines/cuda/engine.ts';
import type { CalibrationPass } from '../../eval/engines/engine.ts';
import type { Architecture, Block, Linear } from '../../eval/families/architecture.ts';
import { scoreLinearsOf, siblingsOf } from '../../eval/families/linears.ts';
import type { PackedLinear } from '../../eval/formats/format.ts';
import { createRng } from '../../eval/math/rng.ts';
import { methodFor } from '../../eval/methods/index.ts';
import { type Method, statisticsFor, wantedFor } from '../../eval/methods/method.ts';
import type { DenseLinear, ObservedInputs } from '../../eval/operations/operations.ts';
import type { WeightSource } from '../../eval/weights.ts';
import { type BlockTimes, PartTimes } from './part-times.ts';

export interface CompressedBlocks {
  readonly blocks: readonly BlockTimes[];
  readonly packedBytes: number;
  /** What did not go as the recipes say; empty where all went well. */
  readonly notes: readonly string[];
  /** Milliseconds of the steps of each recipe, all blocks, in their order: everything but forwards and sums. */
  readonly byRecipe: readonly number[];
}

interface Lane {
  readonly method: Method;
  readonly settings: unknown;
  milliseconds: number;
  /** Of this block. */
  made: PackedLinear[];
  /** Of the block before, which a run would be writing. */
  unsaved: readonly PackedLinear[];
}

export interface CompressedBy {
  /** Several with parallel calibration only. */
  readonly recipes: readonly string[];
  /** Whether every block reads what the original ones before it put out, so that it runs once for all recipes. */
  readonly isParallel: boolean;
}

/**
 * @param sequences  token ids below the vocabulary's size
 * @param onBlock    called behind each block
 * The packed linears are dropped.
 */
export async function compressedBlocks(
  engine: CudaEngine,
  architecture: Architecture,
  sequences: readonly ArrayLike<number>[],
  { recipes, isParallel }: CompressedBy,
  onBlock: (times: BlockTimes) => void = () => {},
): Promise<CompressedBlocks> {
  const lanes = recipes.map(laneOf);
  const pass = await engine.loadRandom(architecture).calibrate(sequences);
  const work = new BlockWork(engine, pass, architecture, lanes, isParallel);
  const blocks: BlockTimes[] = [];
  try {
    for (const [index, block] of architecture.blocks.entries()) {
      const times = await work.perform(index, block);
      blocks.push(times);
      onBlock(times);
    }
  } finally {
    work.close();
    await pass.close();
    engine.operations.release();
  }
  const { notes, bytes } = work;
  return { blocks, packedBytes: bytes, notes, byRecipe: lanes.map(({ milliseconds }) => milliseconds) };
}

class BlockWork {
  readonly notes: string[] = [];
  bytes = 0;
  readonly #engine: CudaEngine;
  readonly #pass: CalibrationPass;
  readonly #architecture: Architecture;
  readonly #lanes: readonly Lane[];
  readonly #isParallel: boolean;
  readonly #weights: WeightSource;
  readonly #times: PartTimes;

  constructor(
    engine: CudaEngine,
    pass: CalibrationPass,
    architecture: Architecture,
    lanes: readonly Lane[],
    isParallel: boolean,
  ) {
    this.#isParallel = isParallel;
    this.#engine = engine;
    this.#pass = pass;
    this.#architecture = architecture;
    this.#lanes = lanes;
    this.#weights = normsOnly(architecture);
    this.#times = new PartTimes(engine.device, engine.operations);
  }

  async perform(index: number, block: Block): Promise<BlockTimes> {
    const started = performance.now();
    const goesOn = this.#isParallel && index + 1 < this.#architecture.blocks.length;
    const observed = await this.#pass.observe(index, this.#weights, wantedBy(this.#lanes), goesOn);
    for (const { hessian } of observed.values()) if (hessian !== null) this.#times.watchFactor(hessian);
    const rescaled: RescaledBlock[] = [];
    for (const lane of this.#lanes) rescaled.push(await this.#choose(lane, block, observed));
    const scoring = new Set(scoreLinearsOf(block).map(({ name }) => name));
    for (const siblings of siblingsOf(block)) {
      const inputs = observed.get(siblings[0].name)!;
      for (const [i, lane] of this.#lanes.entries())
        await this.#compress(lane, rescaled[i]!, siblings, inputs, scoring);
      inputs.hessian?.release();
    }
    for (const lane of this.#lanes) this.#save(lane);
    await this.#engine.device.kernels.synchronizeAsync();
    return this.#times.take(performance.now() - started);
  }

  close(): void {
    this.#times.stop();
  }

  async #dense(linear: Linear): Promise<DenseLinear> {
    return (await this.#pass.linear!(linear))!;
  }

  #choose(lane: Lane, block: Block, observed: ReadonlyMap<string, ObservedInputs>): Promise<RescaledBlock> {
    const { operations } = this.#engine;
    const dense = (linear: Linear) => this.#dense(linear);
    const parts = { ...lane, operations, architecture: this.#architecture, weights: this.#weights };
    return this.#timed(lane, 'search', () => RescaledBlock.choose({ ...parts, block, dense, observed }));
  }

  async #compress(
    lane: Lane,
    rescaled: RescaledBlock,
    siblings: readonly Linear[],
    observed: ObservedInputs,
    scoring: ReadonlySet<string>,
  ): Promise<void> {
    const { operations } = this.#engine;
    const [first] = siblings as [Linear];
    const isCopied = this.#isParallel && observed.hessian !== null && rescaled.divides(first);
    const given = isCopied ? { ...observed, hessian: await observed.hessian!.copy() } : observed;
    if (isCopied) this.#times.watchFactor(given.hessian!);
    const inputs = await this.#timed(lane, 'compress', () => rescaled.inputs(first, given));
    const statistics = statisticsFor(lane.method.needs, inputs);
    for (const linear of siblings) {
      const context = { statistics, operations, rng: createRng(0), feedsScores: scoring.has(linear.name) };
      const packed = await this.#timed(lane, 'compress', async () => {
        const own = await rescaled.dense(await this.#dense(linear));
        const { packed: made, notes } = await lane.method.quantize(own, lane.settings, context);
        await operations.relativeError(own, made);
        const report = { name: linear.name, packedBytes: 0, relativeError: 0, hessianLoss: null, notes };
        const finished = rescaled.finish({ packed: made, report });
        this.notes.push(...finished.report.notes);
        this.bytes += finished.report.packedBytes;
        return finished.packed;
      });
      lane.made.push(packed);
      if (this.#isParallel) continue;
      await this.#timed(lane, 'replace', () => this.#pass.replace!(new Map([[linear.name, packed]])));
    }
    if (isCopied) given.hessian!.release();
  }

  /** As `Lane.save` does, without the disk. */
  #save(lane: Lane): void {
    for (const packed of lane.unsaved) this.#engine.operations.recycle(packed);
    lane.unsaved = lane.made;
    lane.made = [];
  }

  /** Counts what a step takes, until the device has done it, for its part and its recipe. */
  async #timed<T>(lane: Lane, part: 'search' | 'compress' | 'replace', work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await this.#times.during(part, work);
    lane.milliseconds += performance.now() - started;
    return result;
  }
}

function laneOf(id: string): Lane {
  const recipe = parseRecipe(id);
  const method = methodFor(recipe);
  return {
    method,
    settings: method.settings.parse(method.fromRecipe(recipe)),
    milliseconds: 0,
    made: [],
    unsaved: [],
  };
}

/** Calibration runs for methods that need nothing too: what it takes belongs to the work that is measured. */
function wantedBy(lanes: readonly Lane[]) {
  const wanted = lanes.map(({ method }) => wantedFor(method.needs));
  return {
    hessian: wanted.some((own) => own?.hessian === true),
    channels: wanted.some((own) => own?.channels === true),
  };
}

const unread = () => Promise.reject(new TypeError('random weights are made on the device and not read'));

/** Of random models only norms are read: factors are folded into them. Those on the device stay, which costs the same. */
function normsOnly({ hiddenSize }: Architecture): WeightSource {
  const tensor = async () => new Float32Array(hiddenSize).fill(1);
  return { linear: unread, rows: unread, slice: unread, tensor };
}
