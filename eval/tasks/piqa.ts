import { piqa as dataset, type Piqa } from '../datasets/piqa.ts';
import { multipleChoice } from './kinds/multiple-choice.ts';
import { defineTask } from './task.ts';

export const piqa = defineTask({
  id: 'piqa',
  title: 'PIQA',
  version: 1,
  ability: 'understanding',
  dataset,
  paper: { authors: 'Bisk et al.', year: 2019, arxiv: '1911.11641', where: '§3' },
  chance: 0.5,
  protocol:
    'Zero-shot, lm-evaluation-harness: “Question: …” with the goal, a newline, “Answer:”; both solutions are scored as continuations after one space.',
  ...multipleChoice<Piqa>({
    prompt: ({ goal }) => `Question: ${goal}\nAnswer:`,
    choices: ({ solutions }) => solutions,
    answer: ({ answer }) => answer,
  }),
});
