import { defineSuite } from './suite.ts';
import { zoo } from './zoo.ts';

/** Groups of 64, which divide every width of the zoo. */
const WEIGHTS = [
  ...['awq', 'hqq', 'slim-llm'].flatMap((method) => [4, 3, 2].map((bits) => `${method}-w${bits}g64`)),
  'nf4-w4g64',
  'ir-qlora-w4g64',
  ...[4, 3, 2].flatMap((bits) => [`quip-w${bits}`, `quip-w${bits}-@rg`]),
  ...[3, 2].flatMap((bits) =>
    ['sym', 'actorder', 'trueseq', 'mse'].map((setting) => `gptq-w${bits}g64-${setting}`),
  ),
  ...['pb-llm-w2.7', 'pb-llm-w2', 'pb-llm-w1.7', 'pb-llm-w1.7-@magnitude', 'billm-w1.1g64', 'db-llm-w2g64'],
];

const ACTIVATIONS = [
  ...['w8a8', 'w6a6', 'w4a8', 'w4a4'].flatMap((bits) =>
    ['rtn', 'gptq', 'smoothquant', 'smoothquant-gptq'].map((method) => `${method}-${bits}`),
  ),
  ...['llm.int8-w8a8', 'quarot-w4a4', 'quarot-rtn-w4a4', 'rtn-w4a4-sym'],
];

const KEYS_AND_VALUES = [
  ...['w8g64kv8', 'w4g64kv8', 'w8g64kv4', 'w4g64kv4'].map((bits) => `rtn-${bits}`),
  ...['rtn-kv4-prerope', 'rtn-kv2-prerope'],
];

const SHARES = [5, 10, 20, 30, 40, 50, 60, 70, 80].map((percent) => `s${percent}`);

const PRUNED = [
  ...['magnitude', 'wanda', 'sparsegpt'].flatMap((method) =>
    [...SHARES, '1:2', '2:4', '4:8'].map((share) => `${method}-${share}`),
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
