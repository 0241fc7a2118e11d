/** Feed-forward layers by kind. */
import type { FeedForward, GatedFeedForward } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';
import { addLinear } from './linear.ts';

export interface FeedForwardValues {
  /** Float32 `[M, H]`. */
  readonly result: string;
  /** What the last projection reads, float32 `[M, inner]`, for calibration. */
  readonly downInput: string;
}

export type AddFeedForward = (graph: GraphBuilder, x: string, feedForward: FeedForward) => FeedForwardValues;

/** down(act(gate(x)) ⊙ up(x)). Source: Shazeer 2020, arXiv:2002.05202, equation 6. */
const addGated: AddFeedForward = (graph, x, { activation, gate, up, down }) => {
  const gated = activations[activation](graph, addLinear(graph, x, 'gate', gate));
  const downInput = graph.node('Mul', [gated, addLinear(graph, x, 'up', up)]);
  return { result: addLinear(graph, downInput, 'down', down), downInput };
};

const activations: Readonly<
  Record<GatedFeedForward['activation'], (graph: GraphBuilder, x: string) => string>
> = {
  silu: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
};

export const feedForwards: Readonly<Record<FeedForward['kind'], AddFeedForward>> = { glu: addGated };
