/** Pruning of a whole model on the device: forwards of all calibration texts, statistics, masks, column loops, packing. */
import { compressionBench } from '../compression-bench.ts';

export const pruning = compressionBench(
  {
    name: 'pruning',
    title: 'Wanda and SparseGPT on 128 × 2048 tokens, all blocks, forwards included',
    budgetSeconds: 90,
  },
  [
    { title: 'Wanda 50 %', recipes: ['wanda-s50'], seconds: 15 },
    { title: 'SparseGPT 2:4', recipes: ['sparsegpt-2:4'], seconds: 60 },
  ],
);
