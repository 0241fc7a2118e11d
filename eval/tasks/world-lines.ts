import { worldLines as dataset, type LinesDoc } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { shortAnswer } from './kinds/short-answer.ts';
import { defineTask } from './task.ts';

export const worldLines = defineTask({
  id: 'world-lines',
  title: 'Line retrieval of the synthetic world',
  version: WORLD_VERSION,
  ability: 'long context',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    '5, 10, 15, 20 or 25 lines “Line amber-apple: 482”, an adjective and a noun each with a number below 1000, then “Question: Which number is in line …?” (in the manner of LongEval, Li et al. 2023); greedy, exact match as in world-answers. Items tell the number of lines and the position of the one asked for, which may be any.',
  ...shortAnswer<LinesDoc>({
    prompt: ({ prompt }) => prompt,
    answer: ({ answer }) => answer,
    until: ['\n'],
    facets: {
      lines: { type: 'int', of: ({ lines }) => lines },
      position: { type: 'int', of: ({ position }) => position },
    },
  }),
});
