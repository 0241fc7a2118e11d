/** Binary methods of a whole model on the device: masks, searches, column loops and packing, forwards included. */
import { compressionBench } from '../compression-bench.ts';

export const binary = compressionBench(
  {
    name: 'binary',
    title:
      'PB-LLM 1.7 bits, BiLLM 1.1 bits, DB-LLM and SliM-LLM 2 bits on 128 × 2048 tokens, from some of the blocks, forwards included',
    budgetSeconds: 100,
  },
  [
    { title: 'PB-LLM 1.7', recipes: ['pb-llm-w1.7g128'], seconds: 90, blocks: 5 },
    { title: 'BiLLM 1.1', recipes: ['billm-w1.1g128'], seconds: 90, blocks: 5 },
    { title: 'DB-LLM 2', recipes: ['db-llm-w2g128'], seconds: 90, blocks: 5 },
    { title: 'SliM-LLM 2', recipes: ['slim-llm-w2g128'], seconds: 90, blocks: 5 },
  ],
);
