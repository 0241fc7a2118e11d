import { z } from 'zod';
import { type Doc, defineDataset } from './dataset.ts';
import { parseJsonLines } from './json-lines.ts';

export interface Lambada extends Doc {
  /** The last word, after the last space, is the target. */
  readonly text: string;
}

const schema = z.object({
  // The target is what follows the last space; a few contain a newline and so more than a word.
  text: z
    .string()
    .regex(/\S[\s\S]* [^ ]*\S$/u, 'expected a text of several words that ends with the target word'),
});

export const lambada = defineDataset<Lambada>({
  source: 'folder',
  id: 'lambada',
  title: 'LAMBADA, test, OpenAI’s text',
  origin: 'lambada_test.jsonl as released with GPT-2 (`lambada_openai`), 5,153 lines',
  forms: [
    {
      files: ['lambada/lambada_test.jsonl'],
      parse: ([file], problems) =>
        parseJsonLines(file!, schema, problems).map(({ line, value }) => ({
          id: `lambada-${line}`,
          ...value,
        })),
    },
  ],
});
