/** A linear layer in a graph. Its weights are graph inputs, so that one compiled graph serves every block and recipe. */
import type { Linear } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';
import { roundActivations } from './rounding.ts';

/**
 * A linear that recipes compress; its input is rounded where the graph rounds activations.
 * @returns float32 `[M, N]` from `x` `[M, K]`; the weight enters as `name`, the bias as `name.bias`
 */
export function addLinear(graph: GraphBuilder, x: string, name: string, linear: Linear): string {
  return addExactLinear(graph, roundActivations(graph, x, linear.inFeatures), name, linear);
}

/** The same for linears that stay as they are in every recipe, such as routers: their input is never rounded. */
export function addExactLinear(graph: GraphBuilder, x: string, name: string, linear: Linear): string {
  const { outFeatures: N, inFeatures: K, bias } = linear;
  const inputs = [x, graph.input(name, 'float32', [N, K])];
  if (bias !== undefined) inputs.push(graph.input(`${name}.bias`, 'float32', [N]));
  return graph.node('Gemm', inputs, { transB: { int: 1 } });
}
