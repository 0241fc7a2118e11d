/** What benchmarks of compression have in common: a warm-up, passes over all blocks or a few of them, and rows of their parts. */
import type { BenchRow, Times } from '../../data/bench-schema.ts';
import { type Bench, type Lab, row } from './bench.ts';
import { compressedBlocks } from './compressed-blocks.ts';
import { extrapolated } from './extrapolate.ts';
import type { Stopwatch } from './measure.ts';
import { BLOCK_PARTS, type BlockPart, type BlockTimes } from './part-times.ts';
import type { Progress } from './progress.ts';
import { textsOf } from './requests.ts';
import { LLAMA_8B, shapeOf } from './shapes.ts';

export const LENGTH = 2048;
export const samplesOf = (quick: boolean) => (quick ? 8 : 128);
/** Blocks that take longer: weights are made, tokens embedded, and packed bytes go to memory that is new. */
const LEADING_BLOCKS = 2;
/** A line for so many blocks. */
const LINE_BLOCKS = 8;

export interface CompressionWork {
  /** Of the method, for lines and rows. */
  readonly title: string;
  /** One, or several that share a pass with parallel calibration. */
  readonly recipes: readonly string[];
  /** Calibrated on what the original blocks put out. @default for several recipes */
  readonly isParallel?: boolean;
  /** Seconds that a pass may take. */
  readonly seconds: number;
  /** Blocks that are run; where they are fewer than the model's, those behind the first two stand for all. @default all */
  readonly blocks?: number;
  /** @default 1 */
  readonly repeats?: number;
  readonly rest?: (lab: Lab, blocks: number) => Partial<BenchRow>;
}

export function compressionBench(about: Omit<Bench, 'run'>, works: readonly CompressionWork[]): Bench {
  return {
    ...about,
    async run(lab, progress) {
      const rows: BenchRow[] = [];
      for (const work of works) rows.push(...(await compressionRows(lab, progress, work)));
      return rows;
    },
  };
}

async function compressionRows(
  lab: Lab,
  progress: Progress,
  work: CompressionWork,
): Promise<readonly BenchRow[]> {
  const { title, recipes, seconds, repeats = 1, isParallel = recipes.length > 1 } = work;
  const all = LLAMA_8B.num_hidden_layers;
  const blocks = lab.quick ? 1 : (work.blocks ?? all);
  const samples = samplesOf(lab.quick);
  const sequences = textsOf(LLAMA_8B.vocab_size, samples, LENGTH);
  await progress.phase(`${title}: warm-up of one block on 8 texts`, () =>
    compressedBlocks(lab.engine(), shapeOf(LLAMA_8B, 1), sequences.slice(0, 8), { recipes, isParallel }),
  );
  const passes: (readonly BlockTimes[])[] = [];
  const pass = { title, recipes, isParallel, blocks, sequences };
  const timing = {
    stopwatch: sumOf(passes),
    work: async () => void passes.push(await onePass(lab, progress, pass)),
    repeats: { warmUps: 0, repeats: Math.min(repeats, lab.mostRepeats) },
    amount: 1,
  };
  const shown = lab.quick ? blocks : all;
  const what = `${title}, ${samples} × ${LENGTH} tokens, ${shown} blocks, forwards included`;
  const few =
    blocks < shown
      ? [`${title}: ${blocks} blocks were run; the last ${blocks - LEADING_BLOCKS} stand for all.`]
      : [];
  const rest = work.rest?.(lab, shown) ?? {};
  const note = [...few, ...(rest.note == null ? [] : [rest.note])].join(' ');
  return progress.rows(title, timing, () => [
    row(what, 's', timesOf(passes, shown, totalOf), {
      ...{ required: { of: 'value', at_most: seconds }, ...rest, note: note === '' ? null : note },
    }),
    ...partRows(title, passes, shown),
  ]);
}

interface PassWork extends Required<Pick<CompressionWork, 'title' | 'recipes' | 'isParallel'>> {
  readonly blocks: number;
  readonly sequences: readonly number[][];
}

async function onePass(
  lab: Lab,
  progress: Progress,
  { title, recipes, isParallel, blocks, sequences }: PassWork,
): Promise<readonly BlockTimes[]> {
  const sofar: BlockTimes[] = [];
  const architecture = shapeOf(LLAMA_8B, blocks);
  const { notes, byRecipe } = await compressedBlocks(
    lab.engine(),
    architecture,
    sequences,
    { recipes, isParallel },
    (times) => {
      sofar.push(times);
      if (sofar.length % LINE_BLOCKS !== 0 && sofar.length !== 1) return;
      const parts = BLOCK_PARTS.map(({ part, title: name }) => `${name} ${(times[part] / 1000).toFixed(3)}`);
      const all = sofar.reduce((sum, own) => sum + totalOf(own), 0) / 1000;
      progress.log(
        `${title}: ${sofar.length} blocks in ${all.toFixed(1)} s; the last: ${parts.join(', ')} s`,
      );
    },
  );
  if (notes.length > 0)
    throw new Error(`[bench] ${title} did not go as the recipe says: ${notes.join('; ')}.`);
  if (recipes.length > 1)
    for (const [i, id] of recipes.entries())
      progress.log(`${title}: ${id} ${(byRecipe[i]! / 1000 / blocks).toFixed(3)} s a block`);
  return sofar;
}

/** Milliseconds of the blocks of the pass that the work has made. */
function sumOf(passes: readonly (readonly BlockTimes[])[]): Stopwatch {
  return {
    time: async (work) => {
      await work();
      return { deviceMs: null, wallMs: sum(passes.at(-1)!, totalOf) };
    },
  };
}

/** Of each pass; passes of fewer blocks are extrapolated to `blocks`. */
function timesOf(
  passes: readonly (readonly BlockTimes[])[],
  blocks: number,
  value: (times: BlockTimes) => number,
): Times {
  const times = (count: number): Times => {
    const wall_ms = passes.map((pass) => sum(pass.slice(0, count), value));
    return { label: null, amount: 1, device_ms: null, wall_ms, warm_ups: 1 };
  };
  const many = passes[0]!.length;
  if (many >= blocks) return times(many);
  const few = { blocks: LEADING_BLOCKS, times: times(LEADING_BLOCKS) };
  return extrapolated(few, { blocks: many, times: times(many) }, blocks, 1);
}

const sum = (pass: readonly BlockTimes[], value: (times: BlockTimes) => number) =>
  pass.reduce((all, times) => all + value(times), 0);

const totalOf = (times: BlockTimes) => BLOCK_PARTS.reduce((all, { part }) => all + times[part], 0);

/** What the time of a pass is made of; a method without Hessians has no time for them. */
export function partRows(
  title: string,
  passes: readonly (readonly BlockTimes[])[],
  blocks: number,
): readonly BenchRow[] {
  const took = (part: BlockPart) => passes.some((pass) => pass.some((times) => times[part] > 0));
  return BLOCK_PARTS.filter(({ part }) => took(part)).map(({ part, title: name }) =>
    row(
      `${title}, of that: ${name}`,
      's',
      timesOf(passes, blocks, (times) => times[part]),
    ),
  );
}
