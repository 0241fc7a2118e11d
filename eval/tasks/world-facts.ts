import { worldQuestions as dataset, type WorldQuestion } from '../datasets/world.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { multipleChoice } from './kinds/multiple-choice.ts';
import { defineTask } from './task.ts';

export const worldFacts = defineTask({
  id: 'world-facts',
  title: 'Facts of the synthetic world',
  version: WORLD_VERSION,
  ability: 'knowledge',
  dataset,
  paper: null,
  chance: 0.25,
  protocol:
    'Zero-shot. “Question: …”, a newline, “Answer:”; each of four choices is scored as a continuation after one space. Items tell the subject of the question.',
  ...multipleChoice<WorldQuestion>({
    prompt: ({ prompt }) => prompt,
    choices: ({ choices }) => choices,
    answer: ({ answerIndex }) => answerIndex,
    facets: { subject: { type: 'text', of: ({ subject }) => subject } },
  }),
});
