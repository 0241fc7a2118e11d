/** GPTQ of every block of a model with random weights, calibrated block by block: all that `compressModel` does but the disk. */
import { parseRecipe } from '../../data/recipe.ts';
import type { CudaEngine } from '../../eval/engines/cuda/engine.ts';
import type { CalibrationPass } from '../../eval/engines/engine.ts';
import type { Architecture, Block } from '../../eval/families/architecture.ts';
import { siblingsOf } from '../../eval/families/linears.ts';
import { type PackedLinear, packedBytes } from '../../eval/formats/format.ts';
import { createRng } from '../../eval/math/rng.ts';
import { gptq } from '../../eval/methods/gptq.ts';
import type { HessianHandle } from '../../eval/operations/operations.ts';
import type { WeightSource } from '../../eval/weights.ts';

/** Milliseconds of the host clock, each part waited for. */
export interface BlockTimes {
  /** The block before runs compressed, this one is observed: two forward passes and the Gram matrices. */
  readonly observe: number;
  /** Factors, column loops, packing, and the packed bytes on the host. */
  readonly compress: number;
  /** The compressed weights take their place on the device. */
  readonly replace: number;
}

export interface GptqBlocks {
  readonly blocks: readonly BlockTimes[];
  readonly packedBytes: number;
  /** What did not go as the recipe says; empty where all went well. */
  readonly notes: readonly string[];
}

/**
 * @param sequences  token ids below the vocabulary's size
 * @param recipe     such as `gptq-w4g128`
 * Every block is calibrated on the outputs of the compressed blocks before it. The packed linears are dropped.
 */
export async function gptqBlocks(
  engine: CudaEngine,
  architecture: Architecture,
  sequences: readonly ArrayLike<number>[],
  recipe: string,
): Promise<GptqBlocks> {
  const settings = gptq.settings.parse(gptq.fromRecipe(parseRecipe(recipe)));
  const pass: CalibrationPass = await engine.loadRandom(architecture).calibrate(sequences);
  const blocks: BlockTimes[] = [];
  const notes: string[] = [];
  let bytes = 0;
  try {
    for (const [index, block] of architecture.blocks.entries()) {
      const started = performance.now();
      const hessians = await pass.observe(index, noWeights);
      const observed = performance.now();
      const made = await compressBlock(engine, pass, block, hessians, settings);
      const compressed = performance.now();
      await pass.replace!(made.packed);
      await engine.device.kernels.synchronizeAsync();
      blocks.push({
        observe: observed - started,
        compress: compressed - observed,
        replace: performance.now() - compressed,
      });
      notes.push(...made.notes);
      for (const packed of made.packed.values()) bytes += packedBytes(packed);
    }
  } finally {
    await pass.close();
    engine.operations.release();
  }
  return { blocks, packedBytes: bytes, notes };
}

async function compressBlock(
  { operations }: CudaEngine,
  pass: CalibrationPass,
  block: Block,
  hessians: Map<string, HessianHandle>,
  settings: ReturnType<typeof gptq.fromRecipe>,
) {
  const packed = new Map<string, PackedLinear>();
  const notes: string[] = [];
  for (const siblings of siblingsOf(block)) {
    const statistics = hessians.get(siblings[0].name)!;
    for (const linear of siblings) {
      const dense = (await pass.linear!(linear))!;
      const result = await gptq.quantize(dense, settings, { statistics, operations, rng: createRng(0) });
      packed.set(linear.name, result.packed);
      notes.push(...result.notes);
    }
    statistics.release();
  }
  return { packed, notes };
}

const unread = () => Promise.reject(new TypeError('random weights are made on the device and not read'));
const noWeights: WeightSource = { linear: unread, tensor: unread, rows: unread, slice: unread };
