import { defineSuite } from './suite.ts';

const WEIGHTS = ['rtn', 'gptq'].flatMap((method) => [8, 4, 3, 2].map((bits) => `${method}-w${bits}g64`));
const ACTIVATIONS = ['rtn-w8g64a8', 'rtn-w4g64a8', 'rtn-w4g64a4'];
const KEYS_AND_VALUES = [8, 4, 3, 2].map((bits) => `rtn-kv${bits}`);

/** Has another language and tokenizer than the world; see the suite `english`. */
const ENGLISH = 'bitloss-english-3m';

/** The controlled comparison of architectures: all of these models read the same text in the same order. */
export const zoo = defineSuite({
  id: 'zoo',
  title: 'Every shipped model of the world; weights, activations, keys and values at 8 to 2 bits',
  models: (shipped) => shipped.filter((id) => id !== ENGLISH),
  recipes: ['fp16', ...WEIGHTS, ...ACTIVATIONS, ...KEYS_AND_VALUES],
  tasks: [],
  limit: 400,
  limits: {},
});

/** The same on real English, whose texts are not part of the repository. */
export const english = defineSuite({
  ...zoo,
  id: 'english',
  title: 'The recipes of the zoo on WikiText-2 and LAMBADA, with the shipped model of English; needs --data',
  models: () => [ENGLISH],
  tasks: ['wikitext2', 'lambada'],
});
