/** Codes that the pipeline made in advance (`packRecipe`), read from a file in memory and held against the model. */
import { bytesInMemory } from '../checkpoint/safetensors.ts';
import type { StoredParts } from '../compress/compressed-model.ts';
import { readBlock } from '../compress/stored-block.ts';
import { compressErrors } from '../errors/compress.ts';
import { liveErrors as errors } from '../errors/live.ts';
import type { Architecture } from '../families/architecture.ts';
import { linearsOf } from '../families/linears.ts';
import { dequantize } from '../formats/index.ts';

/**
 * Everything is decoded once, so that no damage shows only while the model writes.
 * @throws live/packed
 */
export async function openPackedCodes(
  architecture: Architecture,
  recipe: string,
  bytes: Uint8Array,
): Promise<StoredParts> {
  try {
    const block = await readBlock(recipe, recipe, async () => bytesInMemory(bytes));
    for (const { name, outFeatures: N, inFeatures: K } of architecture.blocks.flatMap(linearsOf)) {
      const found = block.linears.get(name);
      if (found?.N !== N || found.K !== K)
        throw compressErrors.damagedBlock(recipe, `"${name}" does not fit the model`);
      dequantize(await found.load());
    }
    return block;
  } catch (cause) {
    throw errors.packed(recipe, cause);
  }
}
