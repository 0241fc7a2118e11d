/** GPTQ of a whole model on the device: forwards of all calibration texts, Hessians, factors, column loops, packing. */
import { linearsOf } from '../../../eval/families/linears.ts';
import { compressionBench, LENGTH, samplesOf } from '../compression-bench.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';

export const RECIPE = 'gptq-w4g128';

export const gptq = compressionBench(
  {
    name: 'gptq',
    title: 'GPTQ W4 g128 on 128 × 2048 tokens, all blocks, forwards included',
    budgetSeconds: 75,
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
  },
  [
    {
      ...{ title: 'GPTQ W4 g128', recipes: [RECIPE], seconds: 60, repeats: 2 },
      rest: (lab, blocks) => ({
        compared: lab.peer('gptq', blocks),
        note: 'GPTQ: what it is compared with is one block times 32, without forwards. Ours has random weights made on the device, and packed bytes end on the host.',
      }),
    },
  ],
);
