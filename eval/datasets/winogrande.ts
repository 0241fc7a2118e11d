import { z } from 'zod';
import { type Doc, defineDataset } from './dataset.ts';
import { parseJsonLines } from './json-lines.ts';

export interface Winogrande extends Doc {
  /** With a blank, written `_`. */
  readonly sentence: string;
  readonly options: readonly [string, string];
  /** Index into `options`. */
  readonly answer: number;
}

const schema = z.object({
  qID: z.string().min(1),
  sentence: z.string().regex(/_\s*\S/u, 'expected a sentence with a blank, written _, and text after it'),
  option1: z.string().min(1),
  option2: z.string().min(1),
  answer: z.enum(['1', '2']),
});

export const winogrande = defineDataset<Winogrande>({
  source: 'folder',
  id: 'winogrande',
  title: 'WinoGrande, validation',
  origin: 'dev.jsonl of winogrande_1.1 (Sakaguchi et al. 2019, arXiv:1907.10641), 1,267 lines',
  forms: [
    {
      files: ['winogrande/dev.jsonl'],
      parse: ([file], problems) =>
        parseJsonLines(file!, schema, problems).map(({ value }) => ({
          id: value.qID,
          sentence: value.sentence,
          options: [value.option1, value.option2],
          answer: Number(value.answer) - 1,
        })),
    },
  ],
});
