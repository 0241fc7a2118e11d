/** Multiple choice with a long shared context, which is computed once here and once a choice by the peer. */
import { type Bench, type Lab, repeatsOf, row } from '../bench.ts';
import type { Progress } from '../progress.ts';
import { choiceRequests } from '../requests.ts';
import { forwardFlops, LLAMA_8B, shapeOf } from '../shapes.ts';

const CONTEXT = 700;
const LENGTHS = [8, 9, 11, 12];
const BATCH = 32;

const questionsOf = (quick: boolean) => (quick ? 8 : 64);

export const choices: Bench = {
  name: 'choices',
  title: 'Four-choice questions behind a context of 700 tokens, bf16',
  peer: (quick) => ({
    name: 'choices',
    settings: {
      questions: questionsOf(quick),
      context: CONTEXT,
      choice_lengths: LENGTHS,
      batch: BATCH,
      warm_ups: 1,
      repeats: quick ? 1 : 5,
    },
  }),
  async run(lab: Lab, progress: Progress) {
    const questions = questionsOf(lab.quick);
    const model = lab.model(shapeOf(LLAMA_8B));
    const requests = choiceRequests(LLAMA_8B.vocab_size, { questions, context: CONTEXT, lengths: LENGTHS });
    const work = async () => void (await model.score(requests));
    const timing = { stopwatch: lab.stopwatch, work, repeats: repeatsOf(lab, 7), amount: 1 };
    const predicted = LENGTHS.reduce((sum, length) => sum + length, 0);
    // The last token of a choice is predicted but never read.
    const tokens = CONTEXT + predicted - LENGTHS.length;
    const flops = questions * forwardFlops(shapeOf(LLAMA_8B), { tokens, length: CONTEXT, predicted });
    return progress.rows('choices', timing, (ours) => [
      row(`${questions} four-choice questions, context of ${CONTEXT} tokens shared`, 's', ours, {
        compared: lab.peer('choices', 1),
        limit: {
          value: flops / lab.rates.matmul_flops_per_second,
          how: 'all operations with each context computed once, at the measured rate of large matrix products',
        },
        required: { of: 'ratio', at_least: 3 },
      }),
    ]);
  },
};
