/** From the last hidden states to a vocabulary tile of the output projection. */
import type { Architecture, Linear } from '../../../families/architecture.ts';
import { GraphBuilder } from '../graph.ts';
import { addLinear } from '../layers/linear.ts';
import { addNorm } from '../layers/norms.ts';
import { addSoftCap } from '../layers/soft-cap.ts';

/** What comes between the last block and the head. */
export type Readout = Pick<Architecture, 'finalNorm' | 'headProjection' | 'hiddenSize'>;

/** Inputs: `hidden` float32 `[M, H]`, weights `finalNorm`, `headProjection`. Output: `result` float32 `[M, K]`, K of the head. */
export function readoutGraph({ finalNorm, headProjection, hiddenSize }: Readout): Uint8Array {
  const graph = new GraphBuilder();
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const normed = addNorm(graph, hidden, 'finalNorm', finalNorm, hiddenSize);
  const result =
    headProjection === null ? normed : addLinear(graph, normed, 'headProjection', headProjection);
  graph.output('result', result, 'float32', ['M', headProjection?.outFeatures ?? hiddenSize]);
  return graph.build();
}

/**
 * Inputs: `hidden` float32 `[M, K]` from the readout, `head` `[v, K]` and `head.bias` `[v]` (a row range of the head),
 * `pairs` int32 `[P, 2]` of (row, column in the tile).
 * Outputs: `logSumExp` and `highest` float32 `[M]`, `argMax` int32 `[M]` (the lowest of equals), `picked` float32 `[P]`.
 * The logits themselves stay inside.
 */
export function scoreGraph(head: Linear, softCap: number | null): Uint8Array {
  const graph = new GraphBuilder();
  const logits = addLogits(graph, head, softCap);
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
export function logitsGraph(head: Linear, softCap: number | null): Uint8Array {
  const graph = new GraphBuilder();
  graph.output('logits', addLogits(graph, head, softCap), 'float32', ['M', 'v']);
  return graph.build();
}

/**
 * Compares two distributions of each row: that of `reference`, p, and that of `hidden`, q, under the same rows of the head.
 * Inputs: `reference` and `hidden` float32 `[M, K]`; `head`, `head.bias` as above.
 * Outputs: those of `TileComparison`, each `[M]`.
 */
export function divergenceGraph(head: Linear, softCap: number | null): Uint8Array {
  const graph = new GraphBuilder();
  const weights = headInputs(graph, head);
  const p = logitsOf(graph, 'reference', weights, head, softCap);
  const q = logitsOf(graph, 'hidden', weights, head, softCap);
  const vocabulary = graph.ints([1]);
  const reduce = (op: string, x: string) => graph.node(op, [x, vocabulary], { keepdims: { int: 0 } });
  for (const [name, logits] of [
    ['P', p],
    ['Q', q],
  ] as const) {
    const best = graph.node('ArgMax', [logits], { axis: { int: 1 }, keepdims: { int: 0 } });
    graph.output(`logSumExp${name}`, reduce('ReduceLogSumExp', logits), 'float32', ['M']);
    graph.output(`highest${name}`, reduce('ReduceMax', logits), 'float32', ['M']);
    graph.output(`argMax${name}`, graph.node('Cast', [best], { to: { int: 6 } }), 'int32', ['M']);
  }
  const shares = graph.node('Softmax', [p], { axis: { int: 1 } });
  const weighted = graph.node('Mul', [shares, graph.node('Sub', [p, q])]);
  graph.output('difference', reduce('ReduceSum', weighted), 'float32', ['M']);
  return graph.build();
}

function addLogits(graph: GraphBuilder, head: Linear, softCap: number | null): string {
  return logitsOf(graph, 'hidden', headInputs(graph, head), head, softCap);
}

function headInputs(graph: GraphBuilder, { inFeatures, bias }: Linear): readonly string[] {
  const weight = graph.input('head', 'float32', ['v', inFeatures]);
  return bias === undefined ? [weight] : [weight, graph.input('head.bias', 'float32', ['v'])];
}

function logitsOf(
  graph: GraphBuilder,
  states: string,
  weights: readonly string[],
  { inFeatures }: Linear,
  softCap: number | null,
): string {
  const inputs = [graph.input(states, 'float32', ['M', inFeatures]), ...weights];
  return addSoftCap(graph, graph.node('Gemm', inputs, { transB: { int: 1 } }), softCap);
}
