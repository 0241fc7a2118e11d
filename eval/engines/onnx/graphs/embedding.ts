/** From token embeddings to the first hidden states. */
import type { Embedding } from '../../../families/architecture.ts';
import { GraphBuilder } from '../graph.ts';
import { addLinear } from '../layers/linear.ts';
import { addNorm } from '../layers/norms.ts';

/**
 * Inputs: `tokens` float32 `[M, size]`; `positions` `[M, H]` where positions are learned; weights `projection`, `norm`.
 * Output: `result` float32 `[M, H]`.
 */
export function embeddingGraph(embedding: Embedding, hiddenSize: number): Uint8Array {
  const graph = new GraphBuilder();
  const { scale, positions, projection, norm } = embedding;
  const size = projection?.inFeatures ?? hiddenSize;
  let x = graph.node('Mul', [graph.input('tokens', 'float32', ['M', size]), graph.scalar(scale)]);
  if (projection !== null) x = addLinear(graph, x, 'projection', projection);
  if (positions !== null) x = graph.node('Add', [x, graph.input('positions', 'float32', ['M', hiddenSize])]);
  graph.output('result', addNorm(graph, x, 'norm', norm, hiddenSize), 'float32', ['M', hiddenSize]);
  return graph.build();
}
