/** An architecture for models that only pretend: evaluation looks at `maxPositions` alone. */
import type { Architecture } from '../../../eval/families/architecture.ts';
import { plainEmbedding } from '../../../eval/families/parts/blocks.ts';

export const architecture: Architecture = {
  family: 'llama',
  vocabSize: 2,
  hiddenSize: 2,
  maxPositions: 64,
  embedding: plainEmbedding('embedding'),
  blocks: [],
  finalNorm: { kind: 'rms', tensor: 'norm', eps: 1e-5, unitOffset: false },
  headProjection: null,
  head: { name: 'head', tensor: 'head', outFeatures: 2, inFeatures: 2 },
  logitSoftCap: null,
};
