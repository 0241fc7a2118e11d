/** PB-LLM and BiLLM of a whole model on the device: masks, searches, column loops and packing, forwards included. */
import { type Bench, type Lab, row } from '../bench.ts';
import { gptqBlocks } from '../gptq-blocks.ts';
import type { Progress } from '../progress.ts';
import { textsOf } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';
import { totalOf } from './gptq.ts';

const RECIPES = [
  { name: 'PB-LLM', recipe: 'pb-llm-w1.7g128' },
  { name: 'BiLLM', recipe: 'billm-w1.1g128' },
];
const LENGTH = 2048;
const samplesOf = (quick: boolean) => (quick ? 8 : 128);

export const binary: Bench = {
  name: 'binary',
  title: 'PB-LLM 1.7 bits and BiLLM 1.1 bits on 128 × 2048 tokens, all blocks, forwards included',
  budgetSeconds: 100,
  async run(lab: Lab, progress: Progress) {
    const rows = [];
    for (const { name, recipe } of RECIPES) rows.push(...(await oneRecipe(lab, progress, name, recipe)));
    return rows;
  },
};

async function oneRecipe(lab: Lab, progress: Progress, name: string, recipe: string) {
  const blocks = lab.quick ? 1 : LLAMA_8B.num_hidden_layers;
  const samples = samplesOf(lab.quick);
  const sequences = textsOf(LLAMA_8B.vocab_size, samples, LENGTH);
  await progress.phase(`${name}: warm-up of one block on 8 texts`, () =>
    gptqBlocks(lab.engine(), shapeOf(LLAMA_8B, 1), sequences.slice(0, 8), recipe),
  );
  let total = 0;
  const stopwatch = {
    time: async (work: () => Promise<void>) => {
      await work();
      return { deviceMs: null, wallMs: total };
    },
  };
  const work = async () => {
    const made = await gptqBlocks(lab.engine(), shapeOf(LLAMA_8B, blocks), sequences, recipe);
    if (made.notes.length > 0) throw new Error(`[bench] ${recipe}: ${made.notes[0]}`);
    total = made.blocks.reduce((sum, times) => sum + totalOf(times), 0);
  };
  const timing = { stopwatch, work, repeats: { warmUps: 0, repeats: 1 }, amount: 1 };
  const what = `${recipe}, ${samples} × ${LENGTH} tokens, ${blocks} blocks, forwards included`;
  return progress.rows(name, timing, (times) => [
    row(what, 's', { ...times, warm_ups: 1 }, { required: { of: 'value', at_most: 90 } }),
  ]);
}
