import { worldJudging as dataset, type JudgingDoc } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { VERDICTS } from '../world/skills/questions.ts';
import { plainChoice } from './kinds/plain-choice.ts';
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
    'A held-out question with a proposed answer, in one half of the cases the right one, else another of its kind (self-calibration after Kadavath et al. 2022, arXiv:2207.05221); “ true” and “ false” are scored as continuations of “True or false:”.',
  ...plainChoice<JudgingDoc>({
    prompt: ({ prompt }) => prompt,
    choices: () => VERDICTS,
    answer: ({ isTrue }) => (isTrue ? 0 : 1),
  }),
});
