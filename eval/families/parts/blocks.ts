/** Pieces of a description that many families have in common. */
import type { Embedding, Norm, Norms } from '../architecture.ts';

/** A norm before, nothing after. */
export function preNorm(before: Norm | null): Norms {
  return { before, output: null, after: null };
}

/** Token embeddings that enter the first block as they are. */
export function plainEmbedding(tensor: string): Embedding {
  return { tensor, scale: 1, positions: null, projection: null, norm: null };
}
