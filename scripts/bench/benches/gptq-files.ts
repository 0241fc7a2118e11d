/** GPTQ as `pnpm eval` runs it: weights come from the host, packed files end on the disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseRecipe } from '../../../data/recipe.ts';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { type CompressedModel, compressModel } from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { Progress } from '../progress.ts';
import { randomWeights } from '../random-weights.ts';
import { textsOf } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';
import { RECIPE } from './gptq.ts';

const LENGTH = 2048;
const WORKSPACE = 2 ** 28;
/** The host makes and converts a gigabyte of float32 a block: all 32 would take minutes. */
const BLOCKS = 4;

export const gptqFiles: Bench = {
  name: 'gptq-files',
  title: `GPTQ W4 g128 as \`pnpm eval\` runs it, ${BLOCKS} of the blocks, embedding and head`,
  async run(lab: Lab, progress: Progress) {
    const blocks = lab.quick ? 1 : BLOCKS;
    const texts = { samples: lab.quick ? 8 : 128, length: LENGTH };
    const compress = await progress.phase('GPTQ with files: random weights on the host', () =>
      compressing(lab.engine(), shapeOf(LLAMA_8B, blocks), texts, (line) => progress.log(line)),
    );
    const timing = {
      stopwatch: lab.stopwatch,
      work: async () => void (await compress()),
      repeats: { warmUps: 0, repeats: repeatsOf(lab, 2).repeats },
      amount: 1,
    };
    const what = `GPTQ W4 g128 with files, ${texts.samples} × ${LENGTH} tokens, ${blocks} blocks`;
    return progress.rows('GPTQ with files', timing, (ours) => [
      row(what, 's', ours, {
        note: 'GPTQ with files reads float32 weights from host memory and writes packed files, of embedding and head too.',
      }),
    ]);
  },
};

/** Compresses random weights into a folder that is deleted again. */
export function compressing(
  engine: Engine,
  architecture: Architecture,
  texts: { readonly samples: number; readonly length: number },
  log: (line: string) => void,
): () => Promise<CompressedModel> {
  const weights = randomWeights(expectedTensors(architecture));
  const sequences = textsOf(architecture.vocabSize, texts.samples, texts.length);
  return async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bitloss-bench-'));
    try {
      return await compressModel({
        ...{ architecture, weights, parameters: parameterCount(architecture), log },
        recipe: parseRecipe(RECIPE),
        folder: path.join(folder, RECIPE),
        calibration: { engine, sequences, workspaceBytes: WORKSPACE },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
