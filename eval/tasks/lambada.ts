import { lambada as dataset, type Lambada } from '../datasets/lambada.ts';
import { lastWord } from './kinds/last-word.ts';
import { defineTask } from './task.ts';

export const lambada = defineTask({
  id: 'lambada',
  title: 'LAMBADA',
  version: 1,
  ability: 'understanding',
  dataset,
  paper: { authors: 'Paperno et al.', year: 2016, arxiv: '1606.06031', where: '§3' },
  chance: 0,
  protocol:
    'lambada_openai of lm-evaluation-harness: the passage without its last word is given; right when greedy decoding would go on with exactly that word.',
  ...lastWord<Lambada>({ text: ({ text }) => text }),
});
