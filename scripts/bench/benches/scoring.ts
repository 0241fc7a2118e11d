/** Whole windows, as perplexity is measured: the rate at which targets get their log-probabilities. */
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { Progress } from '../progress.ts';
import { windowRequests } from '../requests.ts';
import { forwardFlops, LLAMA_8B, shapeOf } from '../shapes.ts';

const LENGTH = 2048;

const windowsOf = (quick: boolean) => (quick ? 2 : 8);

export const scoring: Bench = {
  name: 'scoring',
  title: 'Log-probabilities of the targets of 8 × 2048 tokens, bf16',
  peer: (quick) => ({
    name: 'scoring',
    settings: { windows: windowsOf(quick), length: LENGTH, warm_ups: 2, repeats: quick ? 1 : 7 },
  }),
  async run(lab: Lab, progress: Progress) {
    const windows = windowsOf(lab.quick);
    const tokens = windows * LENGTH;
    const model = lab.model(shapeOf(LLAMA_8B));
    const requests = windowRequests(LLAMA_8B.vocab_size, windows, LENGTH);
    const work = async () => void (await model.score(requests));
    const timing = { stopwatch: lab.stopwatch, work, repeats: repeatsOf(lab, 7), amount: tokens };
    const flops = forwardFlops(shapeOf(LLAMA_8B), { tokens, length: LENGTH, predicted: tokens - windows });
    return progress.rows('scoring', timing, (ours) => [
      row(`scoring ${windows} × ${LENGTH} tokens, bf16`, 'tokens/s', ours, {
        compared: lab.peer('scoring', tokens),
        limit: {
          value: (tokens * lab.rates.matmul_flops_per_second) / flops,
          how: 'all operations of the pass at the measured rate of large matrix products',
        },
        required: { of: 'value', at_least: 40_000 },
      }),
    ]);
  },
};
