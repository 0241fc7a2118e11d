/** The parts of a mixture of experts: what is computed for the tokens of one expert, and for all of them. */
import type { ExpertsFeedForward, GatedFeedForward, Linear } from '../../../families/architecture.ts';
import type { ForwardPrecision } from '../../forward-quantizer.ts';
import { GraphBuilder } from '../graph.ts';
import { gatedLayer } from '../layers/feed-forwards.ts';
import { addExactLinear } from '../layers/linear.ts';

/** Inputs: `x` float32 `[M, H]`, weight `router`. Output: `probabilities` float32 `[M, experts]`, a softmax over experts. */
export function routerGraph(router: Linear): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['M', router.inFeatures]);
  const probabilities = graph.node('Softmax', [addExactLinear(graph, x, 'router', router)], {
    axis: { int: -1 },
  });
  graph.output('probabilities', probabilities, 'float32', ['M', router.outFeatures]);
  return graph.build();
}

/** Inputs: `x` float32 `[m, H]`, the tokens of one expert; its weights. Output: `result` `[m, H]`; reported inputs. */
export function expertGraph(expert: GatedFeedForward, precision: ForwardPrecision): Uint8Array {
  const graph = new GraphBuilder(precision);
  const x = graph.input('x', 'float32', ['M', expert.gate.inFeatures]);
  graph.output('result', gatedLayer(expert).add(graph, x), 'float32', ['M', expert.down.outFeatures]);
  return graph.build();
}

/** As `expertGraph`, for an expert that all tokens go to; with `sharedGate`, scaled by σ(gate(x)). */
export function sharedExpertGraph(
  { feedForward, gate }: NonNullable<ExpertsFeedForward['shared']>,
  precision: ForwardPrecision,
): Uint8Array {
  const graph = new GraphBuilder(precision);
  const x = graph.input('x', 'float32', ['M', feedForward.gate.inFeatures]);
  const output = gatedLayer(feedForward).add(graph, x);
  const result =
    gate === null
      ? output
      : graph.node('Mul', [output, graph.node('Sigmoid', [addExactLinear(graph, x, 'sharedGate', gate)])]);
  graph.output('result', result, 'float32', ['M', feedForward.down.outFeatures]);
  return graph.build();
}
