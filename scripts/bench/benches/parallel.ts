/** A sweep of one model in one pass: eight methods at six bit-widths share forwards, Hessians and sums of channels. */
import { compressionBench } from '../compression-bench.ts';

const METHODS = ['rtn', 'hqq', 'smoothquant', 'awq', 'gptq', 'smoothquant-gptq', 'quarot', 'quip'] as const;
const BITS = [2, 3, 4, 5, 6, 8] as const;
/** QuIP has one grid for a whole matrix. */
const groupOf = (method: (typeof METHODS)[number]) => (method === 'quip' ? '' : 'g128');

export const parallel = compressionBench(
  {
    name: 'parallel',
    title: 'Eight methods at six bit-widths in one parallel pass, from some of the blocks',
    budgetSeconds: 90,
  },
  [
    {
      title: 'Eight methods × six bit-widths, parallel',
      recipes: METHODS.flatMap((method) => BITS.map((bits) => `${method}-w${bits}${groupOf(method)}`)),
      ...{ seconds: 360, blocks: 4 },
    },
  ],
);
