/** The whole of GPTQ as `pnpm eval` runs it: forwards of all calibration texts, Hessians, column loops, packed files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseRecipe } from '../../../data/recipe.ts';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { type CompressedModel, compressModel } from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { type Bench, type Lab, row } from '../bench.ts';
import { measure } from '../measure.ts';
import { randomWeights } from '../random-weights.ts';
import { randomTokens } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';

const RECIPE = 'gptq-w4g128';
const LENGTH = 2048;
const WORKSPACE = 2 ** 28;

const samplesOf = (quick: boolean) => (quick ? 8 : 128);

export const gptq: Bench = {
  name: 'gptq',
  title: 'GPTQ W4 g128 on 128 × 2048 tokens, all blocks, forwards included',
  peer: (quick) => ({
    name: 'gptq',
    settings: {
      linears: linearsOf(shapeOf(LLAMA_8B).blocks[0]).map(({ outFeatures, inFeatures }) => [
        outFeatures,
        inFeatures,
      ]),
      samples: samplesOf(quick),
      length: LENGTH,
      bits: 4,
      group: 128,
      warm_ups: 0,
      repeats: 1,
    },
  }),
  async run(lab: Lab) {
    const blocks = lab.quick ? 1 : LLAMA_8B.num_hidden_layers;
    const samples = samplesOf(lab.quick);
    const architecture = shapeOf(LLAMA_8B, blocks);
    const texts = { samples, length: LENGTH };
    const engine = lab.engine();
    // One block and few texts load everything that is loaded once.
    await compressing(engine, shapeOf(LLAMA_8B, 1), { samples: 8, length: LENGTH }, lab.log)();
    const compress = compressing(engine, architecture, texts, lab.log);
    const work = async () => void (await compress());
    const ours = await measure(lab.stopwatch, work, { warmUps: 0, repeats: lab.quick ? 1 : 2 }, 1);
    return [
      row(`GPTQ W4 g128, ${samples} × ${LENGTH} tokens, ${blocks} blocks, forwards included`, 's', ours, {
        compared: lab.peer('gptq', blocks),
        required: { of: 'value', at_most: 60 },
        note: `GPTQ: what it is compared with is one block times ${blocks}, without forwards. Ours reads weights from host memory and writes packed files.`,
      }),
    ];
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
  const sequences = Array.from({ length: texts.samples }, (_, seed) =>
    randomTokens(architecture.vocabSize, texts.length, 4000 + seed),
  );
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
