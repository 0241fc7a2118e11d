/** Compresses a model block by block, keeps every finished block, and goes on where an earlier run stopped. */
import { createHash } from 'node:crypto';
import { changesWeights, formatRecipe, type Recipe } from '../data/recipe.ts';
import type {
  CompressedBlock,
  CompressedLinear,
  StoredBlock,
  StoredLinear,
  StoredTensor,
} from './compress/block-file.ts';
import { type BlockPlace, openFinished, prepareFolder, saveBlock } from './compress/block-folder.ts';
import { type CalibrationData, startCalibration } from './compress/calibration-run.ts';
import { type CompressedModel, compressedModel, overlay } from './compress/compressed-model.ts';
import { RescaledBlock } from './compress/rescaled-block.ts';
import { Saving } from './compress/saving.ts';
import type { CalibrationPass } from './engines/engine.ts';
import { compressErrors as errors } from './errors/compress.ts';
import { methodErrors } from './errors/method.ts';
import type { Architecture, Block, Linear } from './families/architecture.ts';
import { linearsOf, siblingsOf } from './families/linears.ts';
import { packedBytes } from './formats/format.ts';
import { createRng } from './math/rng.ts';
import { methodFor } from './methods/index.ts';
import { type Method, statisticsFor, wantedFor } from './methods/method.ts';
import { cpuOperations } from './operations/cpu.ts';
import type { DenseLinear, ObservedInputs, Operations, Wanted } from './operations/operations.ts';
import type { WeightSource } from './weights.ts';

export type { CalibrationData } from './compress/calibration-run.ts';
export type { CompressedModel } from './compress/compressed-model.ts';

export interface CompressOptions {
  readonly architecture: Architecture;
  /** The original weights. */
  readonly weights: WeightSource;
  /** Parameters of the whole model, tied tensors counted once. */
  readonly parameters: number;
  readonly recipe: Recipe;
  /** Holds this compressed model and nothing else; its name is the caller's key over weights, recipe and calibration. */
  readonly folder: string;
  /** Null is enough for methods that need no data; the engine is loaded only where a block has to be made. */
  readonly calibration: CalibrationData | null;
  /** Where the heavy steps are done. @default those of the calibration's engine, else on the CPU */
  readonly operations?: Operations;
  readonly log: (line: string) => void;
  /** `done` of `total` linears. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What stays the same from block to block. */
interface Job extends CompressOptions {
  readonly operations: Operations;
  readonly id: string;
  readonly method: Method;
  readonly settings: unknown;
  /** Null where nothing has to be calibrated. */
  readonly wanted: Wanted | null;
  readonly total: number;
}

/** What is compressed so far. */
interface Stored {
  readonly linears: Map<string, StoredLinear>;
  readonly tensors: Map<string, StoredTensor>;
}

/** One block on its way. */
interface BlockWork {
  readonly index: number;
  readonly block: Block;
  /** The model with the linears in `stored` compressed. */
  readonly current: WeightSource;
  readonly stored: Stored;
  readonly run: CalibrationPass | null;
}

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
  const job = plan(options);
  const { architecture, weights, folder, id } = job;
  await prepareFolder(folder);
  const stored: Stored = { linears: new Map(), tensors: new Map() };
  const current = overlay(weights, architecture, stored);
  const saving = new Saving();
  let run: CalibrationPass | null = null;
  try {
    for (const [index, block] of architecture.blocks.entries()) {
      const place: BlockPlace = { folder, index, recipe: id };
      const finished = await openFinished(place, linearsOf(block), job.log);
      if (finished === null) {
        run ??= await startRun(job, current);
        const made = await compressBlock(job, { index, block, current, stored, run });
        await saving.begin(async () => addAll(stored, await saveBlock(place, made)));
        await replaceIn(run, made);
      } else addAll(stored, finished);
      job.onProgress?.(stored.linears.size, job.total);
    }
    await saving.finish();
  } finally {
    // After another failure, a block that is finished is still written.
    await saving.finish().catch(() => undefined);
    await run?.close();
    job.operations.release();
  }
  return compressedModel(weights, architecture, id, job.parameters, stored);
}

/** A linear whose file is still being written. */
function inMemory({ report, packed }: CompressedLinear): StoredLinear {
  return { report, N: packed.N, K: packed.K, load: async () => packed };
}

function addAll(stored: Stored, { linears, tensors }: StoredBlock): void {
  for (const [name, linear] of linears) stored.linears.set(name, linear);
  for (const [name, tensor] of tensors) stored.tensors.set(name, tensor);
}

/** Hands the compressed linears over; a block with other tensors that changed is read again as a whole. */
async function replaceIn(run: CalibrationPass | null, { linears, tensors }: CompressedBlock): Promise<void> {
  if (tensors.size > 0) return;
  await run?.replace?.(new Map(linears.map(({ report, packed }) => [report.name, packed])));
}

/** Checks everything that can be checked before work begins. */
function plan(options: CompressOptions): Job {
  const id = formatRecipe(options.recipe);
  const method = methodFor(options.recipe);
  if (!changesWeights(options.recipe))
    throw methodErrors.unsupported(id, 'it leaves the weights as they are, so there is nothing to compress');
  const settings = method.settings.parse(method.fromRecipe(options.recipe));
  const linears = options.architecture.blocks.flatMap(linearsOf);
  for (const { name, outFeatures: N, inFeatures: K } of linears) method.check({ name, N, K }, settings);
  if (method.needs !== 'nothing' && (options.calibration?.sequences.length ?? 0) === 0)
    throw errors.noCalibration(id);
  const operations = options.operations ?? options.calibration?.engine.operations ?? cpuOperations;
  const wanted = wantedFor(method.needs);
  return { ...options, operations, id, method, settings, wanted, total: linears.length };
}

async function startRun({ method, calibration, architecture }: Job, weights: WeightSource) {
  if (method.needs === 'nothing' || calibration === null) return null;
  return startCalibration(calibration, architecture, weights);
}

async function compressBlock(job: Job, work: BlockWork): Promise<CompressedBlock> {
  const { block, stored, run } = work;
  const done: CompressedLinear[] = [];
  let observed = await observe(job, work);
  const dense = (linear: Linear) => denseOf(job, linear, run);
  const rescaled = await RescaledBlock.choose({ ...job, block, dense, observed });
  for (const [group, siblings] of siblingsOf(block).entries()) {
    if (job.recipe.trueSequential && group > 0) observed = await observe(job, work);
    const inputs = await rescaled.inputs(siblings[0], observed?.get(siblings[0].name) ?? null);
    for (const linear of siblings) {
      const made = await compressLinear(job, await rescaled.dense(await dense(linear)), inputs);
      const finished = rescaled.finish(made);
      stored.linears.set(linear.name, inMemory(finished));
      done.push(finished);
      job.onProgress?.(stored.linears.size, job.total);
    }
    // A Hessian and its factor are the largest things in memory.
    inputs?.hessian?.release();
    observed?.delete(siblings[0].name);
    if (job.recipe.trueSequential) releaseAll(observed);
  }
  for (const [name, { shape, values }] of rescaled.tensors)
    stored.tensors.set(name, { shape, load: async () => values });
  return { linears: done, tensors: rescaled.tensors };
}

async function observe({ wanted }: Job, { run, index, current }: BlockWork) {
  return wanted === null || run === null ? null : run.observe(index, current, wanted);
}

function releaseAll(observed: Map<string, ObservedInputs> | null): void {
  for (const { hessian } of observed?.values() ?? []) hessian?.release();
  observed?.clear();
}

/** The original weights, from where they are kept already or from the source. */
async function denseOf(job: Job, linear: Linear, run: CalibrationPass | null): Promise<DenseLinear> {
  const { name, outFeatures: N, inFeatures: K } = linear;
  const held = (await run?.linear?.(linear)) ?? null;
  return held ?? { name, weight: await job.weights.linear(linear), N, K };
}

async function compressLinear(
  job: Job,
  dense: DenseLinear,
  observed: ObservedInputs | null,
): Promise<CompressedLinear> {
  const { operations } = job;
  const { name } = dense;
  const rng = createRng(seedOf(job.id, name));
  const statistics = statisticsFor(job.method.needs, observed);
  const quantized = await job.method.quantize(dense, job.settings, { statistics, operations, rng });
  const { packed, hessianLoss, notes } = quantized;
  const relativeError = await operations.relativeError(dense, packed);
  return { packed, report: { name, packedBytes: packedBytes(packed), relativeError, hessianLoss, notes } };
}

function seedOf(recipe: string, linear: string): number {
  return createHash('sha256').update(`${recipe} ${linear}`).digest().readUIntBE(0, 6);
}
