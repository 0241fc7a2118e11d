/** Greedy generation: the rate of the tokens behind the first, which reads all weights for each step. */
import type { BenchRow, Times } from '../../../data/bench-schema.ts';
import type { LoadedModel } from '../../../eval/engines/engine.ts';
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { Progress } from '../progress.ts';
import { randomTokens } from '../requests.ts';
import { decodeBytes, LLAMA_8B, shapeOf } from '../shapes.ts';

const PROMPT = 128;
const BATCHES = [1, 8];

const newTokensOf = (quick: boolean) => (quick ? 16 : 128);

export const decode: Bench = {
  name: 'decode',
  title: 'Greedy decoding behind 128 tokens, bf16',
  peer: (quick) => ({
    name: 'decode',
    settings: {
      batches: BATCHES,
      prompt: PROMPT,
      new_tokens: newTokensOf(quick) / 2,
      warm_ups: 1,
      repeats: quick ? 1 : 5,
    },
  }),
  async run(lab: Lab, progress: Progress) {
    const model = lab.model(shapeOf(LLAMA_8B));
    const rows: BenchRow[] = [];
    for (const batch of BATCHES) {
      const newTokens = newTokensOf(lab.quick);
      const ours = await decodingTimes(lab, progress, model, batch, newTokens);
      const bytes = decodeBytes(shapeOf(LLAMA_8B), PROMPT + newTokens / 2, batch);
      rows.push(
        row(`greedy decode, batch ${batch}, bf16`, 'tokens/s', ours, {
          compared: lab.peer('decode', (batch * newTokens) / 2, `batch ${batch}`),
          limit: {
            // A copy counts what it reads and what it writes; decoding only reads.
            value: (batch * lab.rates.copy_bytes_per_second) / bytes,
            how: 'weights, keys and values read once a step at the measured bandwidth of a large copy',
          },
          required: batch === 1 ? { of: 'value', at_least: 180 } : null,
        }),
      );
      await progress.show(rows);
    }
    return rows;
  },
};

/** Time of a whole generation less that of one which ends after its first token. */
async function decodingTimes(
  lab: Lab,
  progress: Progress,
  model: LoadedModel,
  batch: number,
  newTokens: number,
): Promise<Times> {
  const generating = (maxNewTokens: number) => async () => {
    const requests = Array.from({ length: batch }, (_, seed) => ({
      prompt: randomTokens(LLAMA_8B.vocab_size, PROMPT, 3000 + seed),
      maxNewTokens,
      stop: () => false,
    }));
    const generated = await model.generate(requests);
    const short = generated.find((ids) => ids.length !== maxNewTokens);
    if (short !== undefined)
      throw new Error(`[bench] decode: ${short.length} of ${maxNewTokens} tokens came back.`);
  };
  const repeats = repeatsOf(lab, 5);
  const timing = { stopwatch: lab.stopwatch, repeats, amount: batch * newTokens };
  const first = await progress.times(`batch ${batch}, one token`, { ...timing, work: generating(1) });
  const whole = await progress.times(`batch ${batch}, ${1 + newTokens} tokens`, {
    ...timing,
    work: generating(1 + newTokens),
  });
  const less = (all: readonly number[], one: readonly number[]) => all.map((time) => time - Math.min(...one));
  return {
    ...whole,
    device_ms:
      whole.device_ms === null || first.device_ms === null ? null : less(whole.device_ms, first.device_ms),
    wall_ms: less(whole.wall_ms, first.wall_ms),
  };
}
