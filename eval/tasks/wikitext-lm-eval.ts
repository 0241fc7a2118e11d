import { wikitext2Pages as dataset, type WikiText } from '../datasets/wikitext2.ts';
import { documentPerplexity } from './kinds/document-perplexity.ts';
import { defineTask } from './task.ts';

export const wikitextLmEval = defineTask({
  id: 'wikitext-lm-eval',
  title: 'WikiText-2, word perplexity',
  version: 1,
  ability: 'language modelling',
  dataset,
  paper: { authors: 'Merity et al.', year: 2016, arxiv: '1609.07843', where: '§4' },
  chance: null,
  protocol:
    'wikitext of lm-evaluation-harness: each of the 62 pages by itself, its text put back into ordinary spelling, every token predicted once from at most the model’s maximum of tokens before it, the first from BOS. Words (split at white space) and bytes are those of the page as published.',
  ...documentPerplexity<WikiText>({ original: ({ raw }) => raw, text: ({ raw }) => respell(raw) }),
});

/** What is undone of WikiText's tokenization, in this order; the wording of the harness decides, not good English. */
const RESPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/s '/gu, "s'"],
  [/ @-@ /gu, '-'],
  [/ @,@ /gu, ','],
  [/ @\.@ /gu, '.'],
  [/ : /gu, ': '],
  [/ ; /gu, '; '],
  [/ \. /gu, '. '],
  [/ ! /gu, '! '],
  [/ \? /gu, '? '],
  [/ , /gu, ', '],
  [/\(\s*([^)]*?)\s*\)/gu, '($1)'],
  [/\[\s*([^\]]*?)\s*\]/gu, '[$1]'],
  [/\{\s*([^}]*?)\s*\}/gu, '{$1}'],
  [/"\s*([^"]*?)\s*"/gu, '"$1"'],
  [/'\s*([^']*?)\s*'/gu, "'$1'"],
  [/= = = =/gu, '===='],
  [/= = =/gu, '==='],
  [/= =/gu, '=='],
  [/ ° /gu, '°'],
  [/ \n/gu, '\n'],
  [/\n /gu, '\n'],
  [/ N /gu, ' 1 '],
  [/ 's/gu, "'s"],
];

function respell(page: string): string {
  return RESPELLINGS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), page);
}
