/** Second half of an attention block, for a tile of its tokens: attention over given keys and values, then feed-forward. */
import { engineErrors as errors } from '../../../errors/engine.ts';
import type { Block, Norms } from '../../../families/architecture.ts';
import type { ForwardPrecision } from '../../forward-quantizer.ts';
import type { MemoryLayout } from '../attention-feeds.ts';
import { GraphBuilder } from '../graph.ts';
import { feedForwardLayer } from '../layers/feed-forwards.ts';
import { addLinear } from '../layers/linear.ts';
import { addDistanceBias, addVisibility } from '../layers/mask.ts';
import { addNorm } from '../layers/norms.ts';
import { rotationOf } from '../layers/positions.ts';
import {
  type AttentionMixer,
  attentionMixer,
  type Projections,
  projectionsOf,
} from '../layers/projections.ts';
import { addSoftCap } from '../layers/soft-cap.ts';
import { reportInput } from '../observe-inputs.ts';

/**
 * B independent groups of m queries each, over n keys each; M = B·m. A whole text is one group, decoding has one group
 * a request.
 * Inputs: `hidden` float32 `[M, H]`; `cos`, `sin` `[M, pairs]` where positions rotate; `keys` and
 * `values` in a layout of `MemoryLayout`; the int32 inputs of `addVisibility`; weights of norms, query and output
 * projections and the feed-forward.
 * Outputs: `result` float32 `[M, H]`; reported inputs. Where the feed-forward is experts, which run outside, `result`
 * lacks what they add, and `expertsInput` `[M, H]` is what they read. Throws `engine/unsupported`.
 */
export function attendGraph(
  block: Block,
  hiddenSize: number,
  precision: ForwardPrecision,
  layout: MemoryLayout,
): Uint8Array {
  const graph = new GraphBuilder(precision);
  const mixer = attentionMixer(block);
  const projections = projectionsOf(mixer);
  const hidden = graph.input('hidden', 'float32', ['M', hiddenSize]);
  const rotate = rotationOf(graph, mixer.position, 'M', projections.rotaryDim);
  const norm = addNormsOf(graph, hiddenSize);

  const x = norm(hidden, block.mixerNorms, 'mixer', 'before');
  const memory = memoryInputs(graph, projections, layout);
  const mixed = addAttention(graph, mixer, projections, projections.addQueries(graph, x, rotate), memory);
  reportInput(graph, 'o', mixed, mixer.o.inFeatures);
  const mixerResult = norm(addLinear(graph, mixed, 'o', mixer.o), block.mixerNorms, 'mixer', 'output');
  const result = addFeedForward(graph, block, { hidden, x, mixerResult }, norm);
  graph.output('result', result, 'float32', ['M', hiddenSize]);
  return graph.build();
}

type AddNormOf = (x: string, norms: Norms, prefix: string, place: keyof Norms) => string;

function addNormsOf(graph: GraphBuilder, hiddenSize: number): AddNormOf {
  return (x, norms, prefix, place) => addNorm(graph, x, `${prefix}.${place}`, norms[place], hiddenSize);
}

/** The rest of the block, all values float32 `[M, H]`; `x` is what the mixer read. */
function addFeedForward(
  graph: GraphBuilder,
  { mixerNorms, feedForwardNorms: norms, feedForward, arrangement }: Block,
  { hidden, x, mixerResult }: { hidden: string; x: string; mixerResult: string },
  norm: AddNormOf,
): string {
  const sum = graph.node('Add', [hidden, mixerResult]);
  const mixed = norm(sum, mixerNorms, 'mixer', 'after');
  if (feedForward === null) return mixed;
  const source = arrangement === 'sequential' ? mixed : norms.before === null ? x : hidden;
  const input = norm(source, norms, 'feedForward', 'before');
  if (feedForward.kind === 'experts') {
    if (norms.output !== null || norms.after !== null)
      throw errors.unsupported('onnx', 'a norm of what experts return');
    graph.output('expertsInput', input, 'float32', ['M', feedForward.router.inFeatures]);
    return mixed;
  }
  const output = norm(feedForwardLayer(feedForward).add(graph, input), norms, 'feedForward', 'output');
  return norm(graph.node('Add', [mixed, output]), norms, 'feedForward', 'after');
}

/** Keys as `[B, kvHeads, keyDim, n]` and values as `[B, kvHeads, n, valueDim]`, as matrix products take them. */
function memoryInputs(graph: GraphBuilder, { kvHeads, keyDim, valueDim }: Projections, layout: MemoryLayout) {
  const isByToken = layout === 'tokens';
  const inner = isByToken ? ['n', kvHeads] : [kvHeads, 'n'];
  const keys = graph.input('keys', 'float32', ['B', ...inner, keyDim]);
  const values = graph.input('values', 'float32', ['B', ...inner, valueDim]);
  return {
    // ONNX Runtime makes one operation of a product and a swap of the last two dimensions, and then moves nothing.
    kTransposed: graph.node('Transpose', [keys], { perm: { ints: isByToken ? [0, 2, 3, 1] : [0, 1, 3, 2] } }),
    v: isByToken ? graph.node('Transpose', [values], { perm: { ints: [0, 2, 1, 3] } }) : values,
  };
}

/** softmax(cap(scale·q·kᵀ) + biases)·v with grouped heads: queries `[M, heads, keyDim]` to `[M, heads·valueDim]`. */
function addAttention(
  graph: GraphBuilder,
  { heads, position, scale, softCap, slidingWindow }: AttentionMixer,
  { kvHeads, keyDim, valueDim }: Projections,
  queries: string,
  { kTransposed, v }: { readonly kTransposed: string; readonly v: string },
): string {
  const group = heads / kvHeads;
  const visibility = addVisibility(graph, slidingWindow);
  const { mask, groups, queryCount, keyCount } = visibility;

  const scaled = graph.node('Mul', [queries, graph.scalar(scale)]);
  const split = concat(graph, groups, queryCount, graph.ints([kvHeads, group, keyDim]));
  const byKvHead = graph.node('Transpose', [graph.node('Reshape', [scaled, split])], {
    perm: { ints: [0, 2, 3, 1, 4] },
  });
  const q = graph.node('Reshape', [byKvHead, graph.ints([0, 0, -1, keyDim])]);

  const perHead = concat(graph, groups, graph.ints([kvHeads, group]), queryCount, keyCount);
  const products = graph.node('Reshape', [graph.node('MatMul', [q, kTransposed]), perHead]);
  const capped = addSoftCap(graph, products, softCap);
  const scores =
    position.kind === 'alibi'
      ? graph.node('Add', [capped, addDistanceBias(graph, position, kvHeads, visibility)])
      : capped;
  const shares = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: { int: -1 } });
  const flat = graph.node('Reshape', [shares, concat(graph, groups, graph.ints([kvHeads, -1]), keyCount)]);
  const mixed = graph.node('Reshape', [
    graph.node('MatMul', [flat, v]),
    concat(graph, groups, graph.ints([kvHeads, group]), queryCount, graph.ints([valueDim])),
  ]);
  const byToken = graph.node('Transpose', [mixed], { perm: { ints: [0, 3, 1, 2, 4] } });
  return graph.node('Reshape', [byToken, graph.ints([-1, heads * valueDim])]);
}

function concat(graph: GraphBuilder, ...parts: readonly string[]): string {
  return graph.node('Concat', parts, { axis: { int: 0 } });
}
