import { defineSuite } from './suite.ts';
import { zoo } from './zoo.ts';

/** Groups of 64, which divide every width of the zoo. */
const WEIGHTS = [
  ...['awq', 'hqq'].flatMap((method) => [4, 3, 2].map((bits) => `${method}-w${bits}g64`)),
  'nf4-w4g64',
  'ir-qlora-w4g64',
  ...[4, 3, 2].map((bits) => `quip-w${bits}`),
  ...['gptq-w4g64-actorder', 'gptq-w3g64-mse', 'gptq-w3g64-trueseq'],
  ...['pb-llm-w2.7', 'pb-llm-w2', 'pb-llm-w1.7', 'billm-w1.1g64', 'db-llm-w2g64'],
  ...['slim-llm-w3g64', 'slim-llm-w2g64'],
];

const ACTIVATIONS = [
  ...['w8a8', 'w4a8', 'w4a4'].flatMap((bits) => [`rtn-${bits}`, `smoothquant-${bits}`]),
  ...['llm.int8-w8a8', 'quarot-w4a4', 'quarot-rtn-w4a4'],
];

const KEYS_AND_VALUES = [
  ...['w8g64kv8', 'w4g64kv8', 'w8g64kv4', 'w4g64kv4'].map((bits) => `rtn-${bits}`),
  'rtn-kv4-prerope',
];

const PRUNED = [
  ...['magnitude', 'wanda', 'sparsegpt'].flatMap((method) =>
    ['s30', 's50', 's70', '2:4', '4:8'].map((share) => `${method}-${share}`),
  ),
  ...['sparsegpt-w4g64-s50', 'sparsegpt-w4g64-2:4', 'wanda-w4g64-s50'],
];

/** The methods of the published studies beside plain rounding and GPTQ, which the grid has in full. */
export const methodsSuite = defineSuite({
  ...zoo,
  id: 'methods',
  title: 'Every other method on every model of the world, all items; meant for --engine cuda',
  recipes: ['fp16', ...WEIGHTS, ...ACTIVATIONS, ...KEYS_AND_VALUES, ...PRUNED],
  limit: null,
  limits: {},
});
