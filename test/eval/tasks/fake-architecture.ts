/** An architecture for models that only pretend: evaluation looks at `maxPositions` alone. */
import type { Architecture } from '../../../eval/families/architecture.ts';

export const architecture: Architecture = {
  family: 'llama',
  vocabSize: 2,
  hiddenSize: 2,
  maxPositions: 64,
  embedding: { tensor: 'embedding' },
  blocks: [],
  finalNorm: { kind: 'rms', tensor: 'norm', eps: 1e-5 },
  head: { name: 'head', tensor: 'head', outFeatures: 2, inFeatures: 2 },
};
