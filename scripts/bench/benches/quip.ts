/** QuIP of a whole model on the device: both matrices of every linear turned, a factor and a column loop each, packing. */
import { parseRecipe } from '../../../data/recipe.ts';
import { type Bench, type Lab, row } from '../bench.ts';
import { gptqBlocks } from '../gptq-blocks.ts';
import type { Progress } from '../progress.ts';
import { textsOf } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';
import { totalOf } from './gptq.ts';

const RECIPE = 'quip-w2';
const LENGTH = 2048;
const samplesOf = (quick: boolean) => (quick ? 8 : 128);

export const quip: Bench = {
  name: 'quip',
  title: 'QuIP W2 on 128 × 2048 tokens, all blocks, forwards included',
  budgetSeconds: 130,
  async run(lab: Lab, progress: Progress) {
    const blocks = lab.quick ? 1 : LLAMA_8B.num_hidden_layers;
    const samples = samplesOf(lab.quick);
    const sequences = textsOf(LLAMA_8B.vocab_size, samples, LENGTH);
    // The orthogonal matrices of the widths are made once and stay, as in a run.
    await progress.phase('QuIP: warm-up of one block on 8 texts', () =>
      gptqBlocks(lab.engine(), shapeOf(LLAMA_8B, 1), sequences.slice(0, 8), RECIPE),
    );
    let total = 0;
    const stopwatch = {
      time: async (work: () => Promise<void>) => {
        await work();
        return { deviceMs: null, wallMs: total };
      },
    };
    const work = async () => {
      const made = await gptqBlocks(lab.engine(), shapeOf(LLAMA_8B, blocks), sequences, RECIPE);
      if (made.notes.length > 0) throw new Error(`[bench] ${parseRecipe(RECIPE).method}: ${made.notes[0]}`);
      total = made.blocks.reduce((sum, times) => sum + totalOf(times), 0);
    };
    const timing = { stopwatch, work, repeats: { warmUps: 0, repeats: 1 }, amount: 1 };
    const what = `QuIP W2, ${samples} × ${LENGTH} tokens, ${blocks} blocks, forwards included`;
    return progress.rows('QuIP', timing, (times) => [
      row(what, 's', { ...times, warm_ups: 1 }, { required: { of: 'value', at_most: 120 } }),
    ]);
  },
};
