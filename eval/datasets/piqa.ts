import { z } from 'zod';
import { type Doc, defineDataset } from './dataset.ts';
import { linesOf, parseJsonLines } from './json-lines.ts';

export interface Piqa extends Doc {
  readonly goal: string;
  readonly solutions: readonly [string, string];
  /** Index into `solutions`. */
  readonly answer: number;
}

const schema = z.object({ goal: z.string().min(1), sol1: z.string().min(1), sol2: z.string().min(1) });

export const piqa = defineDataset<Piqa>({
  source: 'folder',
  id: 'piqa',
  title: 'PIQA, validation',
  origin:
    'valid.jsonl and valid-labels.lst from the authors’ page (Bisk et al. 2020, arXiv:1911.11641), 1,838 lines each',
  forms: [
    {
      files: ['piqa/valid.jsonl', 'piqa/valid-labels.lst'],
      parse([questions, labels], problems) {
        const answers = linesOf(labels!.text).map((label) => ['0', '1'].indexOf(label.trim()));
        for (const [index, answer] of answers.entries()) {
          if (answer === -1) problems.add(labels!.name, index + 1, null, 'expected 0 or 1');
        }
        const asked = linesOf(questions!.text).length;
        if (asked !== answers.length) {
          problems.add(
            labels!.name,
            null,
            null,
            `${answers.length} labels for the ${asked} questions of ${questions!.name}`,
          );
        }
        return parseJsonLines(questions!, schema, problems).map(({ line, value }) => ({
          id: `piqa-${line}`,
          goal: value.goal,
          solutions: [value.sol1, value.sol2],
          answer: answers[line - 1] ?? -1,
        }));
      },
    },
  ],
});
