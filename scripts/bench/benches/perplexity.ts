/** Perplexity on a text as long as the WikiText-2 test set, and the same with KL divergence from 16 bit. */
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { Progress } from '../progress.ts';
import { windowRequests } from '../requests.ts';
import { forwardFlops, LLAMA_8B, shapeOf } from '../shapes.ts';

const LENGTH = 2048;
/** KL may cost a quarter more: a speed ratio of 1/1.25. */
const KL_RATIO = 0.8;

export const perplexity: Bench = {
  name: 'perplexity',
  title: 'A text of 141 × 2048 tokens (WikiText-2), and with KL divergence against 16-bit final states',
  budgetSeconds: 90,
  async run(lab: Lab, progress: Progress) {
    const windows = lab.quick ? 4 : 141;
    const tokens = windows * LENGTH;
    const model = lab.model(shapeOf(LLAMA_8B));
    const requests = windowRequests(LLAMA_8B.vocab_size, windows, LENGTH);
    // A pass is long, so that a few windows are warm-up enough.
    await progress.phase('weights made, 8 texts as warm-up', () => model.score(requests.slice(0, 8)));
    const repeats = { ...repeatsOf(lab, 3), warmUps: 0 };
    const flops = forwardFlops(shapeOf(LLAMA_8B), { tokens, length: LENGTH, predicted: tokens - windows });
    const how = 'all operations of the pass at the measured rate of large matrix products';
    const limit = { value: flops / lab.rates.matmul_flops_per_second, how };
    const timing = { stopwatch: lab.stopwatch, repeats, amount: 1 };
    const score = async () => void (await model.score(requests));
    const [plainRow] = await progress.rows('perplexity', { ...timing, work: score }, (ours) => [
      row(`perplexity of ${windows} × ${LENGTH} tokens, bf16`, 's', ours, {
        limit,
        required: { of: 'value', at_most: 12 },
      }),
    ]);
    const plain = plainRow!.ours;
    const reference = await progress.phase('final states of the reference', () =>
      model.finalStates(requests),
    );
    const compare = async () => void (await model.score(requests, undefined, reference));
    const withKl = await progress.rows('with KL', { ...timing, work: compare }, (ours) => [
      row(`the same with KL against 16 bit`, 's', ours, {
        compared: { ...plain, label: 'without KL' },
        required: { of: 'ratio', at_least: KL_RATIO },
        note: 'The reference states come from the same weights; how long a pass takes does not depend on them.',
      }),
    ]);
    return [plainRow!, ...withKl];
  },
};
