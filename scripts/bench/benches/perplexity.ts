/** Perplexity on a text as long as the WikiText-2 test set, and the same with KL divergence from 16 bit. */
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import { measure } from '../measure.ts';
import { windowRequests } from '../requests.ts';
import { forwardFlops, LLAMA_8B, shapeOf } from '../shapes.ts';

const LENGTH = 2048;
/** KL may cost a quarter more: a speed ratio of 1/1.25. */
const KL_RATIO = 0.8;

export const perplexity: Bench = {
  name: 'perplexity',
  title: 'A text of 141 × 2048 tokens (WikiText-2), and with KL divergence against 16-bit final states',
  async run(lab: Lab) {
    const windows = lab.quick ? 4 : 141;
    const tokens = windows * LENGTH;
    const model = lab.model(shapeOf(LLAMA_8B));
    const requests = windowRequests(LLAMA_8B.vocab_size, windows, LENGTH);
    // A pass is long, so that a few windows are warm-up enough.
    await model.score(requests.slice(0, 8));
    const repeats = { ...repeatsOf(lab, 3), warmUps: 0 };
    const plain = await measure(lab.stopwatch, async () => void (await model.score(requests)), repeats, 1);
    const reference = await model.finalStates(requests);
    const withKl = await measure(
      lab.stopwatch,
      async () => void (await model.score(requests, undefined, reference)),
      repeats,
      1,
    );
    const flops = forwardFlops(shapeOf(LLAMA_8B), { tokens, length: LENGTH, predicted: tokens - windows });
    const how = 'all operations of the pass at the measured rate of large matrix products';
    const limit = { value: flops / lab.rates.matmul_flops_per_second, how };
    return [
      row(`perplexity of ${windows} × ${LENGTH} tokens, bf16`, 's', plain, {
        limit,
        required: { of: 'value', at_most: 12 },
      }),
      row(`the same with KL against 16 bit`, 's', withKl, {
        compared: { ...plain, label: 'without KL' },
        required: { of: 'ratio', at_least: KL_RATIO },
        note: 'The reference states come from the same weights; how long a pass takes does not depend on them.',
      }),
    ];
  },
};
