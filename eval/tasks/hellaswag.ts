import { hellaswag as dataset, type Hellaswag } from '../datasets/hellaswag.ts';
import { multipleChoice } from './kinds/multiple-choice.ts';
import { defineTask } from './task.ts';

export const hellaswag = defineTask({
  id: 'hellaswag',
  title: 'HellaSwag',
  version: 1,
  ability: 'understanding',
  dataset,
  paper: { authors: 'Zellers et al.', year: 2019, arxiv: '1905.07830', where: '§3' },
  chance: 0.25,
  protocol:
    'Zero-shot, lm-evaluation-harness: activity, colon and context, whose unfinished last sentence begins with a capital; bracketed marks of WikiHow removed. Each of four endings is scored as a continuation after one space.',
  ...multipleChoice<Hellaswag>({
    prompt: ({ activity, before, start }) => tidy(`${activity}: ${before} ${capitalize(start)}`),
    choices: ({ endings }) => endings.map(tidy),
    answer: ({ answer }) => answer,
  }),
});

/** First letter large, all others small, as Python's `str.capitalize` does. */
function capitalize(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** WikiHow titles become sentences, its other marks in square brackets go. */
function tidy(text: string): string {
  return text
    .trim()
    .replaceAll(' [title]', '. ')
    .replace(/\[.*?\]/gu, '')
    .replaceAll('  ', ' ');
}
