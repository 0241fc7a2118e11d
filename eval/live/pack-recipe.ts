/** Compresses a shipped model into one file that a page reads: for methods whose calibration is too much for a browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseRecipe } from '../../data/recipe.ts';
import type { Calibration } from '../../data/schema.ts';
import { type CalibrationText, drawSamples } from '../calibration.ts';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { parameterCount } from '../checkpoint/expected-tensors.ts';
import { type CompressedLinear, openBlock, writeBlock } from '../compress/block-file.ts';
import { blockPath } from '../compress/block-folder.ts';
import type { ReplacedTensor } from '../compress/rescaling.ts';
import { type CompressedModel, compressModel } from '../compress.ts';
import type { Engine } from '../engines/engine.ts';

export interface PackRequest {
  readonly engine: Engine;
  /** Of the model. */
  readonly folder: string;
  /** Canonical id. */
  readonly recipe: string;
  readonly text: CalibrationText;
  readonly calibration: Pick<Calibration, 'samples' | 'length' | 'seed'>;
  /** The file to write, a block file that holds every block of the model. */
  readonly target: string;
}

const WORKSPACE_BYTES = 256 << 20;

/**
 * With sequential calibration, as `pnpm eval` does it; what is in the file is what compressing gives, to the bit.
 * @returns bits of a compressed weight, from the packed bytes
 * @throws calibration/…, checkpoint/…, and what `compressModel` throws
 */
export async function packRecipe(request: PackRequest): Promise<number> {
  const checkpoint = await openCheckpoint(request.folder);
  const work = await mkdtemp(join(tmpdir(), `${basename(request.folder)}-`));
  try {
    const { size } = await compressed(request, checkpoint, work);
    await gather(request, work, checkpoint.architecture.blocks.length);
    return size.bitsPerWeight;
  } finally {
    await checkpoint.close();
    await rm(work, { recursive: true });
  }
}

function compressed(
  { engine, recipe, text, calibration }: PackRequest,
  { architecture, weights, tokenizer }: Checkpoint,
  folder: string,
): Promise<CompressedModel> {
  const sequences = drawSamples(text, calibration, tokenizer);
  return compressModel({
    ...{ architecture, weights, folder },
    recipe: parseRecipe(recipe),
    parameters: parameterCount(architecture),
    calibration: { engine, sequences, workspaceBytes: WORKSPACE_BYTES },
    log: () => undefined,
  });
}

/** All blocks of a folder as one. */
async function gather({ recipe, target }: PackRequest, folder: string, blocks: number): Promise<void> {
  const linears: CompressedLinear[] = [];
  const tensors = new Map<string, ReplacedTensor>();
  for (let index = 0; index < blocks; index += 1) {
    const block = (await openBlock(blockPath({ folder, index }), recipe))!;
    for (const { report, load } of block.linears.values()) linears.push({ report, packed: await load() });
    for (const [name, { shape, load }] of block.tensors) tensors.set(name, { shape, values: await load() });
  }
  await writeBlock(target, recipe, { linears, tensors });
}
