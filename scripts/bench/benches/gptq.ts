/** GPTQ of a whole model on the device: forwards of all calibration texts, Hessians, factors, column loops, packing. */
import type { BenchRow, Times } from '../../../data/bench-schema.ts';
import type { Architecture } from '../../../eval/families/architecture.ts';
import { linearsOf } from '../../../eval/families/linears.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { BLOCK_PARTS, type BlockTimes, gptqBlocks } from '../gptq-blocks.ts';
import type { Stopwatch } from '../measure.ts';
import type { Progress } from '../progress.ts';
import { textsOf } from '../requests.ts';
import { LLAMA_8B, shapeOf } from '../shapes.ts';

export const RECIPE = 'gptq-w4g128';
const LENGTH = 2048;
const REPEATS = 2;
/** A line for so many blocks. */
const LINE_BLOCKS = 8;

const samplesOf = (quick: boolean) => (quick ? 8 : 128);

export const gptq: Bench = {
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
  async run(lab: Lab, progress: Progress) {
    const blocks = lab.quick ? 1 : LLAMA_8B.num_hidden_layers;
    const samples = samplesOf(lab.quick);
    const sequences = textsOf(LLAMA_8B.vocab_size, samples, LENGTH);
    await progress.phase('GPTQ: warm-up of one block on 8 texts', () =>
      gptqBlocks(lab.engine(), shapeOf(LLAMA_8B, 1), sequences.slice(0, 8), RECIPE),
    );
    const passes: (readonly BlockTimes[])[] = [];
    const timing = {
      stopwatch: sumOf(passes),
      work: async () => void passes.push(await onePass(lab, progress, shapeOf(LLAMA_8B, blocks), sequences)),
      repeats: { warmUps: 0, repeats: repeatsOf(lab, REPEATS).repeats },
      amount: 1,
    };
    const what = `GPTQ W4 g128, ${samples} × ${LENGTH} tokens, ${blocks} blocks, forwards included`;
    return progress.rows('GPTQ', timing, (times) => [
      row(
        what,
        's',
        { ...times, warm_ups: 1 },
        {
          compared: lab.peer('gptq', blocks),
          required: { of: 'value', at_most: 60 },
          note: `GPTQ: what it is compared with is one block times ${blocks}, without forwards. Ours has random weights made on the device, and packed bytes end on the host.`,
        },
      ),
      ...partRows('GPTQ', passes),
    ]);
  },
};

/** @param title  of the method, for lines on the way */
export async function onePass(
  lab: Lab,
  progress: Progress,
  architecture: Architecture,
  sequences: readonly number[][],
  recipe = RECIPE,
  title = 'GPTQ',
): Promise<readonly BlockTimes[]> {
  const sofar: BlockTimes[] = [];
  const { notes } = await gptqBlocks(lab.engine(), architecture, sequences, recipe, (times) => {
    sofar.push(times);
    if (sofar.length % LINE_BLOCKS !== 0 && sofar.length !== 1) return;
    const parts = BLOCK_PARTS.map(({ part, title: name }) => `${name} ${(times[part] / 1000).toFixed(3)}`);
    const all = sofar.reduce((sum, own) => sum + totalOf(own), 0) / 1000;
    progress.log(`${title}: ${sofar.length} blocks in ${all.toFixed(1)} s; the last: ${parts.join(', ')} s`);
  });
  if (notes.length > 0)
    throw new Error(`[bench] ${title} did not go as the recipe says: ${notes.join('; ')}.`);
  return sofar;
}

/** Milliseconds of the blocks of the pass that the work has made. */
export function sumOf(passes: readonly (readonly BlockTimes[])[]): Stopwatch {
  return {
    time: async (work) => {
      await work();
      return { deviceMs: null, wallMs: passes.at(-1)!.reduce((sum, times) => sum + totalOf(times), 0) };
    },
  };
}

export const totalOf = (times: BlockTimes) => BLOCK_PARTS.reduce((sum, { part }) => sum + times[part], 0);

/** What the time of a pass is made of. */
export function partRows(method: string, passes: readonly (readonly BlockTimes[])[]): readonly BenchRow[] {
  const timesOf = (part: (typeof BLOCK_PARTS)[number]['part']) =>
    passes.map((blocks) => blocks.reduce((sum, times) => sum + times[part], 0));
  // A method without Hessians has no time for them.
  return BLOCK_PARTS.filter(({ part }) => timesOf(part).every((ms) => ms > 0)).map(({ part, title }) => {
    const wall_ms = timesOf(part);
    const times: Times = { label: null, amount: 1, device_ms: null, wall_ms, warm_ups: 1 };
    return row(`${method}, of that: ${title}`, 's', times);
  });
}
