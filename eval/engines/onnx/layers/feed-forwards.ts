/** Feed-forward layers by kind. */
import type { GatedFeedForward, PlainFeedForward } from '../../../families/architecture.ts';
import type { WeightTable } from '../block-weights.ts';
import type { GraphBuilder } from '../graph.ts';
import { reportInput } from '../observe-inputs.ts';
import { activations } from './activations.ts';
import { addLinear } from './linear.ts';

export interface FeedForwardLayer {
  readonly weights: WeightTable;
  /** Float32 `[M, H]` in and out; reports the inputs of its linears. */
  add(graph: GraphBuilder, x: string): string;
}

/** Feed-forwards that every token goes through. Experts choose their tokens; `experts.ts` runs them. */
export type DenseFeedForward = PlainFeedForward | GatedFeedForward;

export function feedForwardLayer(feedForward: DenseFeedForward): FeedForwardLayer {
  switch (feedForward.kind) {
    case 'mlp':
      return plainLayer(feedForward);
    case 'glu':
      return gatedLayer(feedForward);
  }
}

/** down(act(up(x))). */
function plainLayer({ activation, up, down }: PlainFeedForward): FeedForwardLayer {
  return {
    weights: { up, down },
    add(graph, x) {
      reportInput(graph, 'up', x, up.inFeatures);
      const inner = activations[activation](graph, addLinear(graph, x, 'up', up));
      reportInput(graph, 'down', inner, down.inFeatures);
      return addLinear(graph, inner, 'down', down);
    },
  };
}

/**
 * down(act(gate(x)) ⊙ up(x)). Source: Shazeer 2020, arXiv:2002.05202, equation 6.
 * @param prefix  of the names in the graph, where a block has several
 */
export function gatedLayer({ activation, gate, up, down }: GatedFeedForward, prefix = ''): FeedForwardLayer {
  const [gateName, upName, downName] = [`${prefix}gate`, `${prefix}up`, `${prefix}down`];
  return {
    weights: { [gateName]: gate, [upName]: up, [downName]: down },
    add(graph, x) {
      reportInput(graph, gateName, x, gate.inFeatures);
      const gated = activations[activation](graph, addLinear(graph, x, gateName, gate));
      const inner = graph.node('Mul', [gated, addLinear(graph, x, upName, up)]);
      reportInput(graph, downName, inner, down.inFeatures);
      return addLinear(graph, inner, downName, down);
    },
  };
}
