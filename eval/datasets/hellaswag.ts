import { z } from 'zod';
import { type Doc, defineDataset, type TextFile } from './dataset.ts';
import { linesOf, parseJsonLines } from './json-lines.ts';
import type { Problems } from './problems.ts';

export interface Hellaswag extends Doc {
  readonly activity: string;
  /** Whole sentences, possibly none. */
  readonly before: string;
  /** The beginning of the sentence that the endings go on with, in lower case; may be empty. */
  readonly start: string;
  readonly endings: readonly string[];
  /** Index into `endings`. */
  readonly answer: number;
}

const ENDINGS = 4;
const LINES_AN_ITEM = 2 + ENDINGS;

const schema = z.object({
  ind: z.int(),
  activity_label: z.string().min(1),
  ctx_a: z.string(),
  ctx_b: z.string(),
  endings: z.array(z.string().min(1)).length(ENDINGS),
  label: z
    .int()
    .min(0)
    .max(ENDINGS - 1),
});

export const hellaswag = defineDataset<Hellaswag>({
  source: 'folder',
  id: 'hellaswag',
  title: 'HellaSwag, validation',
  origin:
    'hellaswag_val.jsonl of the authors (Zellers et al. 2019, arXiv:1905.07830), 10,042 lines, or hellaswag_val_full.txt made from it for llama.cpp, 60,252 lines',
  forms: [
    { files: ['hellaswag/hellaswag_val.jsonl'], parse: ([file], problems) => parseOriginal(file!, problems) },
    { files: ['hellaswag/hellaswag_val_full.txt'], parse: ([file], problems) => parseText(file!, problems) },
  ],
});

function parseOriginal(file: TextFile, problems: Problems): readonly Hellaswag[] {
  return parseJsonLines(file, schema, problems).map(({ line, value }) => ({
    id: `hellaswag-${line}`,
    activity: value.activity_label,
    before: value.ctx_a,
    start: value.ctx_b,
    endings: value.endings,
    answer: value.label,
  }));
}

/** Six lines an item: `activity: context`, index of the right ending, four endings. */
function parseText(file: TextFile, problems: Problems): readonly Hellaswag[] {
  const lines = linesOf(file.text);
  if (lines.length % LINES_AN_ITEM !== 0) {
    problems.add(file.name, null, null, `${lines.length} lines, which is not a multiple of ${LINES_AN_ITEM}`);
  }
  const docs: Hellaswag[] = [];
  for (let first = 0; first + LINES_AN_ITEM <= lines.length; first += LINES_AN_ITEM) {
    const [context, answer, ...endings] = lines.slice(first, first + LINES_AN_ITEM) as [
      string,
      string,
      ...string[],
    ];
    const colon = context.indexOf(': ');
    if (colon < 1) problems.add(file.name, first + 1, null, 'expected "activity: context"');
    if (!/^[0-3]$/u.test(answer))
      problems.add(file.name, first + 2, null, `expected 0, 1, 2 or 3, got "${answer}"`);
    for (const [index, ending] of endings.entries()) {
      if (ending.trim() === '') problems.add(file.name, first + 3 + index, null, 'the ending is empty');
    }
    docs.push({
      id: `hellaswag-${first / LINES_AN_ITEM + 1}`,
      activity: context.slice(0, colon),
      ...splitStart(context.slice(colon + 2)),
      endings,
      answer: Number(answer),
    });
  }
  return docs;
}

/**
 * The text form has lost where `ctx_b` starts. It is the only unfinished sentence, at the end, and is written in lower
 * case, while whole sentences before it end with a full stop, question or exclamation mark, quote or bracket.
 */
function splitStart(context: string): { readonly before: string; readonly start: string } {
  const start = /(?<=[.!?]["')\]]*\s)[a-z0-9][^.!?]*$/u.exec(context)?.[0] ?? '';
  return { before: context.slice(0, context.length - start.length).trimEnd(), start };
}
