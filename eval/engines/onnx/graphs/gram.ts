/** Inner products of the inputs of a linear, as second-order methods need them. */
import { GraphBuilder } from '../graph.ts';

/** Input: `x` float32 `[M, K]`. Output: `gram` = xᵀ·x, float32 `[K, K]`. */
export function gramGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['M', 'K']);
  graph.output('gram', graph.node('Gemm', [x, x], { transA: { int: 1 } }), 'float32', ['K', 'K']);
  return graph.build();
}
