/** Pruning of a whole model on the device: forwards of all calibration texts, statistics, masks, column loops, packing. */

import { type Bench, type Lab, row } from '../bench.ts';
import { gptqBlocks } from '../gptq-blocks.ts';
import type { Progress } from '../progress.ts';
import { textsOf } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';
import { onePass, partRows, sumOf } from './gptq.ts';

/** Seconds that a pass may take, by recipe. */
const RECIPES: readonly (readonly [recipe: string, title: string, seconds: number])[] = [
  ['wanda-s50', 'Wanda 50 %', 15],
  ['sparsegpt-2:4', 'SparseGPT 2:4', 60],
];
const LENGTH = 2048;

export const pruning: Bench = {
  name: 'pruning',
  title: 'Wanda and SparseGPT on 128 × 2048 tokens, all blocks, forwards included',
  budgetSeconds: 90,
  async run(lab: Lab, progress: Progress) {
    const rows = [];
    for (const entry of RECIPES) rows.push(...(await recipeRows(lab, progress, entry)));
    return rows;
  },
};

async function recipeRows(lab: Lab, progress: Progress, [recipe, title, seconds]: (typeof RECIPES)[number]) {
  const blocks = lab.quick ? 1 : LLAMA_8B.num_hidden_layers;
  const samples = lab.quick ? 8 : 128;
  const sequences = textsOf(LLAMA_8B.vocab_size, samples, LENGTH);
  await progress.phase(`${title}: warm-up of one block on 8 texts`, () =>
    gptqBlocks(lab.engine(), shapeOf(LLAMA_8B, 1), sequences.slice(0, 8), recipe),
  );
  const passes: Parameters<typeof partRows>[1][number][] = [];
  const architecture = shapeOf(LLAMA_8B, blocks);
  const timing = {
    stopwatch: sumOf(passes),
    work: async () => void passes.push(await onePass(lab, progress, architecture, sequences, recipe, title)),
    repeats: { warmUps: 0, repeats: 1 },
    amount: 1,
  };
  const what = `${title}, ${samples} × ${LENGTH} tokens, ${blocks} blocks, forwards included`;
  return progress.rows(title, timing, (times) => [
    row(what, 's', { ...times, warm_ups: 1 }, { required: { of: 'value', at_most: seconds } }),
    ...partRows(title, passes),
  ]);
}
