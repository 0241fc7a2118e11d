/** A model that does not fit: blocks are streamed from the host, against the rate of blocks that stay on the device. */
import type { Times } from '../../../data/bench-schema.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { measure, median } from '../measure.ts';
import { windowRequests } from '../requests.ts';
import { forwardFlops, LLAMA_70B, shapeOf } from '../shapes.ts';

const GIBIBYTE = 2 ** 30;
const ALLOWED = 40 * GIBIBYTE;
/** What the model gets: the rest is for the CUDA context, the tables of a batch and the workspace of cuBLAS. */
const LIMIT = 38 * GIBIBYTE;
const LENGTH = 2048;
/** Images that the blocks share in turn: 14 GB of page-locked memory instead of 116. */
const HOST_IMAGES = 8;
/** Numbers of blocks whose times give the time of one. */
const FEW = 4;
const MANY = 16;

export const streamed: Bench = {
  name: 'streamed',
  title: 'Llama-3-70B shape on one GPU, blocks streamed from the host, bf16',
  async run(lab: Lab) {
    const windows = lab.quick ? 8 : 128;
    const tokens = windows * LENGTH;
    const resident = await residentTimes(lab, lab.quick ? 8 : 32);
    const options = { limitBytes: LIMIT, batchTokens: tokens, hostImages: HOST_IMAGES };
    const model = lab.model(shapeOf(LLAMA_70B), options);
    // The first pass fills the images on the host.
    await model.score(windowRequests(LLAMA_70B.vocab_size, 1, 64));
    const requests = windowRequests(LLAMA_70B.vocab_size, windows, LENGTH);
    const work = async () => void (await model.score(requests));
    const ours = await measure(lab.stopwatch, work, { ...repeatsOf(lab, 2), warmUps: 0 }, tokens);
    const used = { label: null, count: lab.usedBytes() };
    const flops = forwardFlops(shapeOf(LLAMA_70B), { tokens, length: LENGTH, predicted: tokens - windows });
    return [
      row(`70B shape, streamed, chunks of ${Math.round(tokens / 1024)}k tokens`, 'tokens/s', ours, {
        compared: resident,
        limit: {
          value: (tokens * lab.rates.matmul_flops_per_second) / flops,
          how: 'all operations of the pass at the measured rate of large matrix products',
        },
        required: { of: 'ratio', at_least: 0.7 },
        note: `70B shape: ${HOST_IMAGES} images on the host stand for those of all streamed blocks, in turn. The resident rate is that of ${FEW} and ${MANY} blocks on the device, extrapolated to 80: their difference is the time of ${MANY - FEW} blocks.`,
      }),
      row('70B shape, streamed: device memory in use', 'bytes', used, {
        required: { of: 'value', at_most: ALLOWED },
      }),
    ];
  },
};

/** What a pass with all 80 blocks on the device would take, from passes with few of them. */
async function residentTimes(lab: Lab, windows: number): Promise<Times> {
  const requests = windowRequests(LLAMA_70B.vocab_size, windows, LENGTH);
  const milliseconds = async (blocks: number) => {
    const model = lab.model(shapeOf(LLAMA_70B, blocks));
    const work = async () => void (await model.score(requests));
    const times = await measure(lab.stopwatch, work, { ...repeatsOf(lab, 3), warmUps: 1 }, 1);
    return median(times.wall_ms);
  };
  const few = await milliseconds(FEW);
  const many = await milliseconds(MANY);
  const all = few + ((LLAMA_70B.num_hidden_layers - FEW) * (many - few)) / (MANY - FEW);
  const label = 'weights on the device, extrapolated';
  return { label, amount: windows * LENGTH, device_ms: null, wall_ms: [all], warm_ups: 1 };
}
