import { wikitext2 as dataset, type WikiText } from '../datasets/wikitext2.ts';
import { textPerplexity } from './kinds/text-perplexity.ts';
import { defineTask } from './task.ts';

export const wikitext2 = defineTask({
  id: 'wikitext2',
  title: 'WikiText-2',
  version: 1,
  ability: 'language modelling',
  dataset,
  paper: { authors: 'Frantar et al.', year: 2022, arxiv: '2210.17323', where: '§4, Language Generation' },
  chance: null,
  protocol:
    'The rows of the test split, blank ones empty, joined by two newlines and encoded as one text. Windows of 2048 tokens do not overlap; the first token of each is not predicted, what remains at the end is dropped, and perplexity is e to the mean loss of all predicted tokens.',
  ...textPerplexity<WikiText>({ text: ({ raw }) => joinRows(raw) }),
});

/** Rows keep their newline, except blank ones, which become empty: the rows of wikitext-2-raw-v1 on the Hugging Face hub. */
function joinRows(raw: string): string {
  const lines = raw.split(/(?<=\n)/u);
  return lines.map((line) => (line.trim() === '' ? '' : line)).join('\n\n');
}
