import { worldFiveShot as dataset, type FiveShotDoc } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { multipleChoice } from './kinds/multiple-choice.ts';
import { defineTask } from './task.ts';

export const worldFacts5shot = defineTask({
  id: 'world-facts-5shot',
  title: 'Facts of the synthetic world after five examples',
  version: WORLD_VERSION,
  ability: 'knowledge',
  dataset,
  paper: null,
  chance: 0.25,
  protocol:
    'Five-shot: the question of world-facts follows five solved training questions of the same subject, one line break apart; each of four choices is scored as a continuation after one space. Items tell the subject.',
  ...multipleChoice<FiveShotDoc>({
    prompt: ({ prompt }) => prompt,
    choices: ({ choices }) => choices,
    answer: ({ answerIndex }) => answerIndex,
    facets: { subject: { type: 'text', of: ({ subject }) => subject } },
  }),
});
