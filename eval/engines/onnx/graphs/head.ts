/** Final norm and a vocabulary tile of the output projection. */
import type { Linear, Norm } from '../../../families/architecture.ts';
import { GraphBuilder } from '../graph.ts';
import { norms } from '../layers/norms.ts';

/** Inputs: `hidden` float32 `[M, H]`, `finalNorm`. Output: `result` float32 `[M, H]`. */
export function finalNormGraph(norm: Norm, hiddenSize: number): Uint8Array {
  const graph = new GraphBuilder();
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  graph.output('result', norms[norm.kind](graph, hidden, 'finalNorm', norm, hiddenSize), 'float32', [
    'M',
    hiddenSize,
  ]);
  return graph.build();
}

/**
 * Inputs: `hidden` float32 `[M, H]` after the final norm, `head` `[v, H]` and `head.bias` `[v]` (a row range of the head), `pairs` int32
 * `[P, 2]` of (row, column in the tile).
 * Outputs: `logSumExp` and `highest` float32 `[M]`, `argMax` int32 `[M]` (the lowest of equals), `picked` float32 `[P]`.
 * The logits themselves stay inside.
 */
export function scoreGraph(head: Linear): Uint8Array {
  const graph = new GraphBuilder();
  const logits = addLogits(graph, head);
  const pairs = graph.node('Cast', [graph.input('pairs', 'int32', ['P', 2])], { to: { int: 7 } });
  const vocabulary = graph.ints([1]);
  const reduce = (op: string) => graph.node(op, [logits, vocabulary], { keepdims: { int: 0 } });
  const best = graph.node('ArgMax', [logits], { axis: { int: 1 }, keepdims: { int: 0 } });
  graph.output('logSumExp', reduce('ReduceLogSumExp'), 'float32', ['M']);
  graph.output('highest', reduce('ReduceMax'), 'float32', ['M']);
  graph.output('argMax', graph.node('Cast', [best], { to: { int: 6 } }), 'int32', ['M']);
  graph.output('picked', graph.node('GatherND', [logits, pairs]), 'float32', ['P']);
  return graph.build();
}

/** Inputs: `hidden`, `head` as above. Output: `logits` float32 `[M, v]`. */
export function logitsGraph(head: Linear): Uint8Array {
  const graph = new GraphBuilder();
  graph.output('logits', addLogits(graph, head), 'float32', ['M', 'v']);
  return graph.build();
}

/** Input: `x` float32 `[M, K]`. Output: `gram` = xᵀ·x, float32 `[K, K]`. */
export function gramGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['M', 'K']);
  graph.output('gram', graph.node('Gemm', [x, x], { transA: { int: 1 } }), 'float32', ['K', 'K']);
  return graph.build();
}

function addLogits(graph: GraphBuilder, { inFeatures, bias }: Linear): string {
  const inputs = [
    graph.input('hidden', 'float32', ['M', inFeatures]),
    graph.input('head', 'float32', ['v', inFeatures]),
  ];
  if (bias !== undefined) inputs.push(graph.input('head.bias', 'float32', ['v']));
  return graph.node('Gemm', inputs, { transB: { int: 1 } });
}
