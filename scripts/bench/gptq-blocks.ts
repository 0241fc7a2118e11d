/** GPTQ, or another method, of every block of a model with random weights, calibrated block by block: all that `compressModel` does but the disk. */
import { parseRecipe, type Recipe } from '../../data/recipe.ts';
import type { CudaEngine } from '../../eval/engines/cuda/engine.ts';
import type { CalibrationPass } from '../../eval/engines/engine.ts';
import type { Architecture, Block } from '../../eval/families/architecture.ts';
import { siblingsOf } from '../../eval/families/linears.ts';
import { type PackedLinear, packedBytes } from '../../eval/formats/format.ts';
import { createRng } from '../../eval/math/rng.ts';
import { DEFAULT_DAMPING } from '../../eval/methods/binary.ts';
import { methodFor } from '../../eval/methods/index.ts';
import { statisticsFor, wantedFor } from '../../eval/methods/method.ts';
import { quip } from '../../eval/methods/quip.ts';
import type { ObservedInputs } from '../../eval/operations/operations.ts';
import type { WeightSource } from '../../eval/weights.ts';
import { watchGrams } from './call-times.ts';

/** Milliseconds, each part waited for: of the host clock, but for the Gram matrices. */
export interface BlockTimes {
  /** The block before runs compressed, this one is observed: two forward passes, without the Gram matrices. */
  readonly forward: number;
  /** Gram matrices, and their sums in float64, by events on the device. */
  readonly gram: number;
  /** Cholesky factors of the inverse Hessians. */
  readonly factor: number;
  /** Column loops, packing, and the packed bytes on the host. */
  readonly compress: number;
  /** The compressed weights take their place on the device. */
  readonly replace: number;
}

export const BLOCK_PARTS = [
  { part: 'forward', title: 'forwards' },
  { part: 'gram', title: 'Hessians' },
  { part: 'factor', title: 'factors' },
  { part: 'compress', title: 'column loops, packing, download' },
  { part: 'replace', title: 'compressed weights back in place' },
] as const;

export interface GptqBlocks {
  readonly blocks: readonly BlockTimes[];
  readonly packedBytes: number;
  /** What did not go as the recipe says; empty where all went well. */
  readonly notes: readonly string[];
}

/**
 * @param sequences  token ids below the vocabulary's size
 * @param recipe     such as `gptq-w4g128`
 * @param onBlock    called behind each block
 * Every block is calibrated on the outputs of the compressed blocks before it. The packed linears are dropped.
 */
export async function gptqBlocks(
  engine: CudaEngine,
  architecture: Architecture,
  sequences: readonly ArrayLike<number>[],
  recipe: string,
  onBlock: (times: BlockTimes) => void = () => {},
): Promise<GptqBlocks> {
  const parsed = parseRecipe(recipe);
  const wanted = wantedFor(methodFor(parsed).needs) ?? { hessian: false, channels: false };
  const pass: CalibrationPass = await engine.loadRandom(architecture).calibrate(sequences);
  const blocks: BlockTimes[] = [];
  const notes: string[] = [];
  let bytes = 0;
  const grams = watchGrams(engine.device, engine.operations);
  try {
    for (const [index, block] of architecture.blocks.entries()) {
      const started = performance.now();
      const observations = await pass.observe(index, noWeights, wanted);
      const observed = performance.now();
      const gram = grams.take();
      const made = await compressBlock(engine, pass, block, observations, parsed);
      const compressed = performance.now();
      await pass.replace!(made.packed);
      await engine.device.kernels.synchronizeAsync();
      const times = {
        ...{ forward: observed - started - gram, gram },
        factor: made.factorMs,
        compress: compressed - observed - made.factorMs,
        replace: performance.now() - compressed,
      };
      blocks.push(times);
      onBlock(times);
      notes.push(...made.notes);
      for (const packed of made.packed.values()) bytes += packedBytes(packed);
    }
  } finally {
    grams.stop();
    await pass.close();
    engine.operations.release();
  }
  return { blocks, packedBytes: bytes, notes };
}

async function compressBlock(
  { operations }: CudaEngine,
  pass: CalibrationPass,
  block: Block,
  observations: ReadonlyMap<string, ObservedInputs>,
  recipe: Recipe,
) {
  const packed = new Map<string, PackedLinear>();
  const method = methodFor(recipe);
  const settings = method.settings.parse(method.fromRecipe(recipe));
  const notes: string[] = [];
  let factorMs = 0;
  for (const siblings of siblingsOf(block)) {
    const inputs = observations.get(siblings[0].name)!;
    const statistics = statisticsFor(method.needs, inputs);
    const started = performance.now();
    // The Hessian keeps it for the linears that ask for it below; QuIP asks for those of other bases.
    if (method.id !== quip.id)
      await inputs.hessian?.factor(recipe.damping ?? DEFAULT_DAMPING, recipe.actOrder);
    factorMs += performance.now() - started;
    for (const linear of siblings) {
      const dense = (await pass.linear!(linear))!;
      const result = await method.quantize(dense, settings, { statistics, operations, rng: createRng(0) });
      packed.set(linear.name, result.packed);
      notes.push(...result.notes);
    }
    inputs.hessian?.release();
  }
  return { packed, notes, factorMs };
}

const unread = () => Promise.reject(new TypeError('random weights are made on the device and not read'));
const noWeights: WeightSource = { linear: unread, tensor: unread, rows: unread, slice: unread };
