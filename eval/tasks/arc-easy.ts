import { type Arc, arcEasy as dataset } from '../datasets/arc.ts';
import { multipleChoice } from './kinds/multiple-choice.ts';
import { defineTask } from './task.ts';

export const arcEasy = defineTask({
  id: 'arc-easy',
  title: 'ARC-Easy',
  version: 1,
  ability: 'understanding',
  dataset,
  paper: { authors: 'Clark et al.', year: 2018, arxiv: '1803.05457', where: '§3' },
  chance: 0.25,
  protocol:
    'Zero-shot, lm-evaluation-harness: “Question: …”, a newline, “Answer:”; each of three to five choices is scored as a continuation after one space. Chance is that of four choices, which almost all questions have.',
  ...multipleChoice<Arc>({
    prompt: ({ question }) => `Question: ${question}\nAnswer:`,
    choices: ({ choices }) => choices,
    answer: ({ answer }) => answer,
  }),
});
