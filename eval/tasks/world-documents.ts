import { type DocumentsDoc, worldDocuments as dataset } from '../datasets/world-skills.ts';
import { WORLD_VERSION } from '../world/index.ts';
import { shortAnswer } from './kinds/short-answer.ts';
import { defineTask } from './task.ts';

export const worldDocuments = defineTask({
  id: 'world-documents',
  title: 'Questions to many documents of the synthetic world',
  version: WORLD_VERSION,
  ability: 'long context',
  dataset,
  paper: null,
  chance: 0,
  protocol:
    'Eight to twelve documents of two facts each, about one person each who occurs nowhere else, then a question about one of them (the setting of Liu et al. 2023, arXiv:2307.03172); greedy, exact match as in world-answers. Items tell the number of documents and the position of the one with the answer, which may be any.',
  ...shortAnswer<DocumentsDoc>({
    prompt: ({ prompt }) => prompt,
    answer: ({ answer }) => answer,
    until: ['\n'],
    facets: {
      documents: { type: 'int', of: ({ documents }) => documents },
      position: { type: 'int', of: ({ position }) => position },
    },
  }),
});
