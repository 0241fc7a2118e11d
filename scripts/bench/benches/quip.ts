/** QuIP of a whole model on the device: both matrices of every linear turned, a factor and a column loop each, packing. */
import { compressionBench } from '../compression-bench.ts';

export const quip = compressionBench(
  {
    name: 'quip',
    title: 'QuIP W2 on 128 × 2048 tokens, from some of the blocks, forwards included',
    budgetSeconds: 130,
  },
  [{ title: 'QuIP W2', recipes: ['quip-w2'], seconds: 120, blocks: 5 }],
);
