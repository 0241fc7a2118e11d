import { defineSuite } from './suite.ts';
import { zoo } from './zoo.ts';

/**
 * Kept to what two processor cores measure in less than eight minutes. Its cells are cells of the zoo, so that whoever
 * runs it can put the numbers beside the published ones.
 */
export const defaultSuite = defineSuite({
  id: 'default',
  title: 'What runs without options: the largest shipped model, RTN and GPTQ at 4, 3 and 2 bits',
  models: () => ['bitloss-llama-3m'],
  recipes: ['fp16', ...['rtn', 'gptq'].flatMap((method) => [4, 3, 2].map((bits) => `${method}-w${bits}g64`))],
  tasks: [],
  limit: zoo.limit,
  limits: zoo.limits,
});
