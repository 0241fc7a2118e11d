/** A model that does not fit: blocks are streamed from the host, against the rate of blocks that stay on the device. */
import type { BenchRow, Measurement, Times } from '../../../data/bench-schema.ts';
import type { RandomModelOptions } from '../../../eval/engines/cuda/engine.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { extrapolated, type Passes } from '../extrapolate.ts';
import type { Progress } from '../progress.ts';
import { windowRequests } from '../requests.ts';
import { forwardFlops, LLAMA_70B, shapeOf } from '../shapes.ts';

const GIBIBYTE = 2 ** 30;
const ALLOWED = 40 * GIBIBYTE;
/** What the model gets: the rest is for the CUDA context, the tables of a batch and the workspace of cuBLAS. */
const LIMIT = 38 * GIBIBYTE;
const LENGTH = 2048;
/** Images that the blocks share in turn: 7 GB of page-locked memory instead of 137, which take minutes to lock and fill. */
const HOST_IMAGES = 4;
/** Numbers of blocks whose times give the time of one. */
const FEW = 4;
const MANY = 12;
const REPEATS = 2;
/** Texts of the pass that fills the images: one chunk of tokens. */
const FIRST_WINDOWS = 8;

export const streamed: Bench = {
  name: 'streamed',
  title: 'Llama-3-70B shape on one GPU, blocks streamed from the host, bf16',
  budgetSeconds: 90,
  async run(lab: Lab, progress: Progress) {
    const windows = lab.quick ? 8 : 128;
    const tokens = windows * LENGTH;
    const options = { limitBytes: LIMIT, batchTokens: tokens, hostImages: HOST_IMAGES, residentBlocks: 0 };
    const ours = await allBlocks(lab, progress, 'streamed', windows, options);
    const used = row('70B shape, streamed: device memory in use', 'bytes', bytesOf(lab), {
      required: { of: 'value', at_most: ALLOWED },
    });
    const rows = (compared: Measurement) => [rateRow(lab, windows, ours, compared), used];
    await progress.show(rows({ not_measured: 'The run ended before blocks that stay were measured.' }));
    const resident = await allBlocks(lab, progress, 'resident', windows);
    return rows({ ...resident, label: 'the same blocks on the device, scaled' });
  },
};

function rateRow(lab: Lab, windows: number, ours: Times, compared: Measurement): BenchRow {
  const tokens = windows * LENGTH;
  const flops = forwardFlops(shapeOf(LLAMA_70B), { tokens, length: LENGTH, predicted: tokens - windows });
  return row(`70B shape, streamed, batches of ${Math.round(tokens / 1024)}k tokens`, 'tokens/s', ours, {
    compared,
    limit: {
      value: (tokens * lab.rates.matmul_flops_per_second) / flops,
      how: 'all operations of the pass at the measured rate of large matrix products',
    },
    required: { of: 'ratio', at_least: 0.7 },
    note: `70B shape: both rates are those of ${FEW} and ${MANY} blocks, scaled to ${LLAMA_70B.num_hidden_layers} by their difference. Streamed: no block stays, and ${HOST_IMAGES} images on the host stand for those of all blocks, in turn.`,
  });
}

/** What a pass with all blocks would take, from passes with few of them. */
async function allBlocks(
  lab: Lab,
  progress: Progress,
  how: string,
  windows: number,
  options: RandomModelOptions = {},
): Promise<Times> {
  const requests = windowRequests(LLAMA_70B.vocab_size, windows, LENGTH);
  const passes = async (blocks: number): Promise<Passes> => {
    const what = `${blocks} blocks, ${how}`;
    const model = lab.model(shapeOf(LLAMA_70B, blocks), options);
    await progress.phase(
      `${what}: weights made, ${Math.min(windows, FIRST_WINDOWS)} texts as warm-up`,
      async () => void (await model.score(requests.slice(0, FIRST_WINDOWS))),
    );
    const work = async () => void (await model.score(requests));
    const repeats = { warmUps: 0, repeats: repeatsOf(lab, REPEATS).repeats };
    const times = await progress.times(what, { stopwatch: lab.stopwatch, work, repeats, amount: 1 });
    return { blocks, times: { ...times, warm_ups: 1 } };
  };
  const few = await passes(FEW);
  const many = await passes(MANY);
  return extrapolated(few, many, LLAMA_70B.num_hidden_layers, windows * LENGTH);
}

function bytesOf(lab: Lab): Measurement {
  return { label: null, count: lab.usedBytes() };
}
