import { z } from 'zod';
import { type Dataset, type Doc, defineDataset, type TextFile } from './dataset.ts';
import { parseJsonLines } from './json-lines.ts';
import type { Problems } from './problems.ts';

export interface Arc extends Doc {
  readonly question: string;
  /** Three to five. */
  readonly choices: readonly string[];
  /** Index into `choices`. */
  readonly answer: number;
}

const schema = z.object({
  id: z.string().min(1),
  question: z.object({
    stem: z.string().min(1),
    choices: z.array(z.object({ text: z.string().min(1), label: z.string().min(1) })).min(2),
  }),
  answerKey: z.string().min(1),
});

export const arcEasy = arc('arc-easy', 'ARC-Easy, test', 'ARC-Easy-Test.jsonl', '2,376');
export const arcChallenge = arc('arc-challenge', 'ARC-Challenge, test', 'ARC-Challenge-Test.jsonl', '1,172');

function arc(id: string, title: string, file: string, lines: string): Dataset<Arc> {
  return defineDataset<Arc>({
    source: 'folder',
    id,
    title,
    origin: `${file} of ARC-V1-Feb2018 (Clark et al. 2018, arXiv:1803.05457), ${lines} lines`,
    forms: [{ files: [`arc/${file}`], parse: ([text], problems) => parseArc(text!, problems) }],
  });
}

function parseArc(file: TextFile, problems: Problems): readonly Arc[] {
  return parseJsonLines(file, schema, problems).map(({ line, value: { id, question, answerKey } }) => {
    const labels = question.choices.map(({ label }) => label);
    const answer = labels.indexOf(answerKey);
    if (answer === -1) {
      problems.add(
        file.name,
        line,
        'answerKey',
        `"${answerKey}" is not one of the labels ${labels.join(', ')}`,
      );
    }
    return { id, question: question.stem, choices: question.choices.map(({ text }) => text), answer };
  });
}
