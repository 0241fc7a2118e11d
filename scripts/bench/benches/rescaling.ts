/** Methods that divide inputs by factors, of a whole model on the device: statistics, search, clips, rounding, packing. */
import { compressionBench } from '../compression-bench.ts';

export const awq = compressionBench(
  {
    name: 'awq',
    title: 'AWQ W4 g128 with clip on 128 × 2048 tokens, from some of the blocks, forwards included',
    budgetSeconds: 90,
  },
  [{ title: 'AWQ W4 g128', recipes: ['awq-w4g128'], seconds: 60, blocks: 9 }],
);

export const smoothquant = compressionBench(
  {
    name: 'smoothquant',
    title: 'SmoothQuant W8A8 on 128 × 2048 tokens, all blocks, forwards included',
    budgetSeconds: 40,
  },
  [
    // As published: maxima of the 16-bit model.
    { title: 'SmoothQuant W8A8, parallel', recipes: ['smoothquant-w8a8'], seconds: 10, isParallel: true },
    { title: 'SmoothQuant W8A8', recipes: ['smoothquant-w8a8'], seconds: 10 },
  ],
);
