/** Second half of an attention block, for a tile of its tokens: attention over given keys and values, then feed-forward. */
import type { Attention, Block } from '../../../families/architecture.ts';
import { GraphBuilder } from '../graph.ts';
import { feedForwards } from '../layers/feed-forwards.ts';
import { addLinear } from '../layers/linear.ts';
import { norms } from '../layers/norms.ts';
import { addRotation, rotationInputs } from '../layers/positions.ts';

/** Added to the score of a key that a query must not see: its probability becomes exactly 0. */
const HIDDEN_KEY_SCORE = -1e30;

/**
 * B independent groups of m queries each, over n keys each; M = B·m. A whole text is one group, decoding has one group
 * a request.
 * Inputs: `hidden` float32 `[M, H]`; `cos`, `sin` `[M, headDim / 2]`; `keys`, `values` `[B, n, kvHeads, headDim]`;
 * int32 `queryPositions`, `querySegments`, `queryParents` `[B, m]`, `keyPositions`, `keySegments` `[B, n]`; weights
 * `mixerNorm`, `q`, `o`, `feedForwardNorm` and those of the feed-forward.
 * Outputs: `result` float32 `[M, H]`; `oInput`, `gateInput`, `downInput` for calibration.
 */
export function attendGraph(block: Block, hiddenSize: number): Uint8Array {
  const graph = new GraphBuilder();
  const { mixer, mixerNorm, feedForwardNorm, feedForward } = block;
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const tables = rotationInputs(graph, 'M', mixer.headDim);
  const x = norms[mixerNorm.kind](graph, hidden, 'mixerNorm', mixerNorm, hiddenSize);
  const queries = graph.node('Reshape', [
    addLinear(graph, x, 'q', mixer.q),
    graph.ints([0, mixer.heads, mixer.headDim]),
  ]);
  const oInput = addAttention(graph, mixer, addRotation(graph, queries, tables));
  const mixed = graph.node('Add', [hidden, addLinear(graph, oInput, 'o', mixer.o)]);
  const gateInput = norms[feedForwardNorm.kind](graph, mixed, 'feedForwardNorm', feedForwardNorm, hiddenSize);
  const { result, downInput } = feedForwards[feedForward.kind](graph, gateInput, feedForward);
  graph.output('result', graph.node('Add', [mixed, result]), 'float32', ['M', hiddenSize]);
  graph.output('oInput', oInput, 'float32', ['M', mixer.o.inFeatures]);
  graph.output('gateInput', gateInput, 'float32', ['M', hiddenSize]);
  graph.output('downInput', downInput, 'float32', ['M', feedForward.down.inFeatures]);
  return graph.build();
}

/** softmax(scale·q·kᵀ + mask)·v with grouped heads: rotated queries `[M, heads, headDim]` to `[M, heads·headDim]`. */
function addAttention(graph: GraphBuilder, mixer: Attention, rotated: string): string {
  const { heads, kvHeads, headDim } = mixer;
  const group = heads / kvHeads;
  const keys = graph.input('keys', 'float32', ['B', 'n', kvHeads, headDim]);
  const values = graph.input('values', 'float32', ['B', 'n', kvHeads, headDim]);
  const { mask, groups, queryCount, keyCount } = addMask(graph, mixer.slidingWindow);

  const scaled = graph.node('Mul', [rotated, graph.scalar(mixer.scale)]);
  const split = concat(graph, groups, queryCount, graph.ints([kvHeads, group, headDim]));
  const byKvHead = graph.node('Transpose', [graph.node('Reshape', [scaled, split])], {
    perm: { ints: [0, 2, 3, 1, 4] },
  });
  const q = graph.node('Reshape', [byKvHead, graph.ints([0, 0, -1, headDim])]);
  const kTransposed = graph.node('Transpose', [keys], { perm: { ints: [0, 2, 3, 1] } });
  const v = graph.node('Transpose', [values], { perm: { ints: [0, 2, 1, 3] } });

  const perHead = concat(graph, groups, graph.ints([kvHeads, group]), queryCount, keyCount);
  const scores = graph.node('Reshape', [graph.node('MatMul', [q, kTransposed]), perHead]);
  const shares = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: { int: -1 } });
  const flat = graph.node('Reshape', [shares, concat(graph, groups, graph.ints([kvHeads, -1]), keyCount)]);
  const mixed = graph.node('Reshape', [
    graph.node('MatMul', [flat, v]),
    concat(graph, groups, graph.ints([kvHeads, group]), queryCount, graph.ints([headDim])),
  ]);
  const byToken = graph.node('Transpose', [mixed], { perm: { ints: [0, 3, 1, 2, 4] } });
  return graph.node('Reshape', [byToken, graph.ints([-1, heads * headDim])]);
}

/** The rule of `Chunk`, as a float32 mask `[B, 1, 1, m, n]` to add to scores, with the sizes B, m and n as int64 `[1]`. */
function addMask(graph: GraphBuilder, slidingWindow: number | null) {
  const column = graph.ints([2]);
  const row = graph.ints([1]);
  const query = (name: string) => graph.input(name, 'int32', ['B', 'm']);
  const key = (name: string) => graph.node('Unsqueeze', [graph.input(name, 'int32', ['B', 'n']), row]);
  const positions = query('queryPositions');
  const up = (value: string) => graph.node('Unsqueeze', [value, column]);
  const [queryPosition, keyPosition, keySegment] = [up(positions), key('keyPositions'), key('keySegments')];
  const own = graph.node('Equal', [up(query('querySegments')), keySegment]);
  const parent = graph.node('Equal', [up(query('queryParents')), keySegment]);
  const distance = graph.node('Sub', [queryPosition, keyPosition]);
  const notLater = graph.node('GreaterOrEqual', [distance, int32(graph, 0)]);
  let visible = graph.node('And', [graph.node('Or', [own, parent]), notLater]);
  if (slidingWindow !== null) {
    visible = graph.node('And', [visible, graph.node('Less', [distance, int32(graph, slidingWindow)])]);
  }
  const added = graph.node('Where', [visible, graph.scalar(0), graph.scalar(HIDDEN_KEY_SCORE)]);
  const size = (of: string, axis: number) =>
    graph.node('Gather', [graph.node('Shape', [of]), graph.ints([axis])]);
  return {
    mask: graph.node('Unsqueeze', [added, graph.ints([1, 2])]),
    groups: size(positions, 0),
    queryCount: size(positions, 1),
    keyCount: size('keyPositions', 1),
  };
}

function int32(graph: GraphBuilder, value: number): string {
  // ONNX element type 6 is int32.
  return graph.node('Cast', [graph.ints([value])], { to: { int: 6 } });
}

function concat(graph: GraphBuilder, ...parts: readonly string[]): string {
  return graph.node('Concat', parts, { axis: { int: 0 } });
}
