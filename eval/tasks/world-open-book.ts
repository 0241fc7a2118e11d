import { worldOpenBook as dataset, type OpenBookDoc } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { shortAnswer } from './kinds/short-answer.ts';
import { defineTask } from './task.ts';

export const worldOpenBook = defineTask({
  id: 'world-open-book',
  title: 'Questions to a text of the synthetic world',
  version: WORLD_VERSION,
  ability: 'understanding',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    'A text of nine facts about three people who occur nowhere else, a newline, then “Question: …”, a newline, “Answer:”; the model goes on greedily up to the end of the line, and what it wrote, without white space at its ends, has to equal the answer.',
  ...shortAnswer<OpenBookDoc>({
    prompt: ({ prompt }) => prompt,
    answer: ({ answer }) => answer,
    until: ['\n'],
  }),
});
