import { defineSuite } from './suite.ts';

const WEIGHTS = ['rtn', 'gptq'].flatMap((method) => [8, 4, 3, 2].map((bits) => `${method}-w${bits}g64`));
const ACTIVATIONS = ['rtn-w8g64a8', 'rtn-w4g64a8', 'rtn-w4g64a4'];
const KEYS_AND_VALUES = [8, 4, 3, 2].map((bits) => `rtn-kv${bits}`);

/** Has another language and tokenizer than the world; see the suite `english`. */
const ENGLISH = 'bitloss-english-3m';

/** Fewer items where prompts or answers are long, so that a recipe of one model takes about a minute of one core. */
const LONG = {
  'world-arithmetic': 200,
  'world-dialogue': 120,
  'world-documents': 150,
  'world-lines': 150,
  'world-reasoning': 150,
  'world-summary': 150,
  'world-text': 60,
};

/** The controlled comparison of architectures: all of these models read the same text in the same order. */
export const zoo = defineSuite({
  id: 'zoo',
  title: 'Every shipped model of the world; weights, activations, keys and values at 8 to 2 bits',
  models: (shipped) => shipped.filter((id) => id !== ENGLISH),
  recipes: ['fp16', ...WEIGHTS, ...ACTIVATIONS, ...KEYS_AND_VALUES],
  tasks: [],
  limit: 300,
  limits: LONG,
});

const GROUPS = ['g32', 'g64', 'g128', ''];
const GRID = ['rtn', 'gptq'].flatMap((method) =>
  [8, 4, 3, 2].flatMap((bits) => GROUPS.map((group) => `${method}-w${bits}${group}`)),
);

/** Every item of every task: what a GPU measures in minutes, and processors in days. */
export const grid = defineSuite({
  ...zoo,
  id: 'grid',
  title: 'The zoo in full: every group size, all items of all tasks; meant for --engine cuda',
  recipes: ['fp16', ...GRID, ...ACTIVATIONS, ...KEYS_AND_VALUES],
  limit: null,
  limits: {},
});

/** The same on real English, whose texts are not part of the repository. */
export const english = defineSuite({
  ...zoo,
  id: 'english',
  title: 'The recipes of the zoo on WikiText-2 and LAMBADA, with the shipped model of English; needs --data',
  models: () => [ENGLISH],
  tasks: ['wikitext2', 'lambada'],
  limit: 400,
  limits: { wikitext2: 120 },
});
