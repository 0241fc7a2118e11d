/** A small random LLaMA with more blocks than the other tests use, ready to be compressed; also run as a process to be killed. */

import { parseRecipe } from '../../../data/recipe.ts';
import { compressModel } from '../../../eval/compress.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { describeModel } from '../../../eval/families/index.ts';
import { createRng } from '../../../eval/math/rng.ts';
import type { WeightSource } from '../../../eval/weights.ts';
import { memoryWeights, randomTensors, TINY } from '../engines/tiny-models.ts';

const config = { ...TINY['one kv head']!, num_hidden_layers: 6 };
const tensors = randomTensors(config, 5);

export const architecture = describeModel(config, 'tiny');
export const weights = memoryWeights(tensors, config.hidden_size);
export const parameters = [...tensors.values()].reduce((sum, { length }) => sum + length, 0);

const rng = createRng(8);
/** 24 sequences of 40 tokens. */
export const sequences = Array.from({ length: 24 }, () =>
  Array.from({ length: 40 }, () => rng.int(config.vocab_size)),
);

export async function compressTiny(folder: string, recipe: string, source: WeightSource = weights) {
  const engine = await createOnnxEngine({ threads: 1 });
  try {
    return await compressModel({
      architecture,
      weights: source,
      parameters,
      recipe: parseRecipe(recipe),
      folder,
      calibration: { engine, sequences, workspaceBytes: 1 << 24 },
      log: () => {},
    });
  } finally {
    await engine.close();
  }
}

/** Waits forever in block 3. */
const stuck: WeightSource = {
  ...weights,
  linear: (linear) =>
    linear.name.includes('layers.3.')
      ? new Promise(() => setInterval(() => {}, 1000))
      : weights.linear(linear),
};

const [folder, recipe] = process.argv.slice(2);
if (import.meta.main && folder !== undefined && recipe !== undefined)
  await compressTiny(folder, recipe, stuck);
