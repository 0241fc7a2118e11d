/** Keeps scores inside a bound without cutting them off. */
import type { GraphBuilder } from '../graph.ts';

/** cap · tanh(x / cap); `x` itself where the cap is null. Source: Gemma 2, arXiv:2408.00118, section 2. */
export function addSoftCap(graph: GraphBuilder, x: string, cap: number | null): string {
  if (cap === null) return x;
  const inside = graph.node('Tanh', [graph.node('Div', [x, graph.scalar(cap)])]);
  return graph.node('Mul', [inside, graph.scalar(cap)]);
}
