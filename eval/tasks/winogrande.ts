import { winogrande as dataset, type Winogrande } from '../datasets/winogrande.ts';
import { partialScoring } from './kinds/partial-scoring.ts';
import { defineTask } from './task.ts';

export const winogrande = defineTask({
  id: 'winogrande',
  title: 'WinoGrande',
  version: 1,
  ability: 'understanding',
  dataset,
  paper: { authors: 'Sakaguchi et al.', year: 2019, arxiv: '1907.10641', where: '§5' },
  chance: 0.5,
  protocol:
    'Zero-shot, lm-evaluation-harness: each option is put into the blank; the text after the blank is scored as a continuation of the text up to and with the option.',
  ...partialScoring<Winogrande>({
    sentence: ({ sentence }) => sentence,
    options: ({ options }) => options,
    answer: ({ answer }) => answer,
  }),
});
