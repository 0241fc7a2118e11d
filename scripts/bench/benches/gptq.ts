/** The whole of GPTQ as `pnpm eval` runs it: forwards of all calibration texts, Hessians, column loops, packed files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Measurement, Times } from '../../../data/bench-schema.ts';
import { parseRecipe } from '../../../data/recipe.ts';
import { expectedTensors, parameterCount } from '../../../eval/checkpoint/expected-tensors.ts';
import { type CompressedModel, compressModel } from '../../../eval/compress.ts';
import type { Engine } from '../../../eval/engines/engine.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { gptqBlocks } from '../gptq-blocks.ts';
import { measure } from '../measure.ts';
import { randomWeights } from '../random-weights.ts';
import { randomTokens } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';

const RECIPE = 'gptq-w4g128';
const LENGTH = 2048;
const WORKSPACE = 2 ** 28;
const REPEATS = 2;

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
    const texts = { samples, length: LENGTH };
    const work = `GPTQ W4 g128, ${samples} × ${LENGTH} tokens, ${blocks} blocks, forwards included`;
    const onDevice = await deviceTimes(lab, shapeOf(LLAMA_8B, blocks), samples);
    return [
      row(work, 's', onDevice, {
        compared: lab.peer('gptq', blocks),
        required: { of: 'value', at_most: 60 },
        note: `GPTQ: what it is compared with is one block times ${blocks}, without forwards. Ours has random weights made on the device, and packed bytes end on the host.`,
      }),
      row('the same as `pnpm eval` runs it', 's', await wholeTimes(lab, shapeOf(LLAMA_8B, blocks), texts), {
        note: 'GPTQ as `pnpm eval` runs it reads float32 weights from host memory and writes packed files.',
      }),
    ];
  },
};

async function wholeTimes(
  lab: Lab,
  architecture: Architecture,
  texts: { readonly samples: number; readonly length: number },
): Promise<Measurement> {
  if (lab.mostRepeats < Infinity) return { not_measured: 'It is left out of runs that must be short.' };
  const compress = compressing(lab.engine(), architecture, texts, lab.log);
  return measure(lab.stopwatch, async () => void (await compress()), { warmUps: 0, repeats: 1 }, 1);
}

/** Everything but weights from the host and files on the disk; one block and few texts come first. */
async function deviceTimes(lab: Lab, architecture: Architecture, samples: number): Promise<Times> {
  const sequences = sequencesOf(architecture, samples, LENGTH);
  const engine = lab.engine();
  await gptqBlocks(engine, shapeOf(LLAMA_8B, 1), sequences.slice(0, 8), RECIPE);
  const wall: number[] = [];
  for (let i = 0; i < repeatsOf(lab, REPEATS).repeats; i++) {
    const { blocks, notes } = await gptqBlocks(lab.engine(), architecture, sequences, RECIPE);
    if (notes.length > 0) throw new Error(`[bench] GPTQ did not go as the recipe says: ${notes.join('; ')}.`);
    wall.push(blocks.reduce((sum, { observe, compress, replace }) => sum + observe + compress + replace, 0));
  }
  return { label: null, amount: 1, device_ms: null, wall_ms: wall, warm_ups: 1 };
}

function sequencesOf({ vocabSize }: Architecture, samples: number, length: number): number[][] {
  return Array.from({ length: samples }, (_, seed) => randomTokens(vocabSize, length, 4000 + seed));
}

/** Compresses random weights into a folder that is deleted again. */
export function compressing(
  engine: Engine,
  architecture: Architecture,
  texts: { readonly samples: number; readonly length: number },
  log: (line: string) => void,
): () => Promise<CompressedModel> {
  const weights = randomWeights(expectedTensors(architecture));
  const sequences = sequencesOf(architecture, texts.samples, texts.length);
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
