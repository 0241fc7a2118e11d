import { worldQuestions as dataset, type WorldQuestion } from '../datasets/world.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { shortAnswer } from './kinds/short-answer.ts';
import { defineTask } from './task.ts';

export const worldAnswers = defineTask({
  id: 'world-answers',
  title: 'Answers about the synthetic world',
  version: WORLD_VERSION,
  ability: 'knowledge',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    'Zero-shot. “Question: …”, a newline, “Answer:”; the model goes on greedily up to the end of the line, and what it wrote, without white space at its ends, has to equal the answer.',
  ...shortAnswer<WorldQuestion>({
    prompt: ({ prompt }) => prompt,
    answer: ({ answer }) => answer,
    until: ['\n'],
    facets: { subject: { type: 'text', of: ({ subject }) => subject } },
  }),
});
