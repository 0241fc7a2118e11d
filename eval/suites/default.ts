import { defineSuite } from './suite.ts';

/** Kept to what two processor cores measure in less than eight minutes. */
export const defaultSuite = defineSuite({
  id: 'default',
  title: 'What runs without options: the largest shipped model, RTN and GPTQ at 8, 4, 3 and 2 bits',
  models: () => ['bitloss-llama-3m'],
  recipes: [
    'fp16',
    ...['rtn', 'gptq'].flatMap((method) => [8, 4, 3, 2].map((bits) => `${method}-w${bits}g64`)),
  ],
  tasks: [],
  limit: 300,
  limits: {},
});
