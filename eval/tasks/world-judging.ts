import { worldJudging as dataset, type JudgingDoc } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { CONCLUSION } from '../world/skills/arithmetic.ts';
import { workedAnswer } from './kinds/worked-answer.ts';
import { defineTask } from './task.ts';

export const worldJudging = defineTask({
  id: 'world-judging',
  title: 'Judging proposed answers',
  version: WORLD_VERSION,
  ability: 'calibration',
  dataset,
  paper: null,
  chance: 0.5,
  protocol:
    'A held-out question with a proposed answer, in one half of the cases the right one, else another of its kind (self-calibration after Kadavath et al. 2022, arXiv:2207.05221); after “True or false:” the model goes on greedily up to the end of the line: it recalls the answer and concludes with “So it is true” or “So it is false”, which alone decides. An answer without a conclusion is wrong.',
  ...workedAnswer<JudgingDoc>({
    prompt: ({ prompt }) => prompt,
    steps: ({ steps }) => steps,
    result: ({ result }) => result,
    conclusion: CONCLUSION,
    maxNewTokens: 24,
  }),
});
