/** Multi-head latent attention. Source: DeepSeek-AI 2024, arXiv:2405.04434, section 2.1 and equations 37 to 47. */
import type { LatentAttention } from '../../../families/architecture.ts';
import type { GraphBuilder } from '../graph.ts';
import { reportInput } from '../observe-inputs.ts';
import { addLinear } from './linear.ts';
import { addNorm } from './norms.ts';
import type { Projections } from './projections.ts';
import { roundCached, roundKeys } from './rounding.ts';

/**
 * Keys and values are expanded per head, so that attention runs as any other; the position part of the keys, which all
 * heads share, is repeated.
 */
export function latentProjections(mixer: LatentAttention): Projections {
  const { heads, plainDim, rotaryDim, valueDim, latentSize, query, kvDown, kvNorm, kvUp, o } = mixer;
  const keyDim = plainDim + rotaryDim;
  const queryWeights =
    query.kind === 'full' ? { q: query.q } : { 'q.down': query.down, 'q.norm': query.norm, 'q.up': query.up };
  const firstName = query.kind === 'full' ? 'q' : 'q.down';
  return {
    kvHeads: heads,
    keyDim,
    valueDim,
    rotaryDim,
    weights: { ...queryWeights, 'kv.down': kvDown, 'kv.norm': kvNorm, 'kv.up': kvUp, o },
    addQueries(graph, x, rotate) {
      const queries = graph.node('Reshape', [addQuery(graph, x, mixer), graph.ints([0, heads, keyDim])]);
      const [plain, turning] = graph.split(queries, 2, [plainDim, rotaryDim]);
      return graph.node('Concat', [plain, rotate(turning)], { axis: { int: 2 } });
    },
    addKeysValues(graph, x, rotate) {
      // Queries and the latent read the same values; they are reported once, as the queries'.
      reportInput(graph, firstName, x, kvDown.inFeatures);
      const [down, turning] = graph.split(addLinear(graph, x, 'kv.down', kvDown), 1, [latentSize, rotaryDim]);
      // These two are what a cache of this kind of attention holds, and so what is rounded.
      const head = graph.ints([1]);
      const normed = graph.node('Unsqueeze', [addNorm(graph, down, 'kv.norm', kvNorm, latentSize), head]);
      const latent = graph.node('Squeeze', [roundCached(graph, normed, 1, latentSize), head]);
      const shared = roundKeys(graph, graph.node('Unsqueeze', [turning, head]), rotate, 1, rotaryDim);
      reportInput(graph, 'kv.up', latent, latentSize);
      const perHead = graph.node('Reshape', [
        addLinear(graph, latent, 'kv.up', kvUp),
        graph.ints([0, heads, plainDim + valueDim]),
      ]);
      const [plain, values] = graph.split(perHead, 2, [plainDim, valueDim]);
      const repeated = graph.node('Expand', [shared, graph.ints([1, heads, 1])]);
      return { keys: graph.node('Concat', [plain, repeated], { axis: { int: 2 } }), values };
    },
  };
}

/** Float32 `[M, heads · keyDim]`. */
function addQuery(graph: GraphBuilder, x: string, { query }: LatentAttention): string {
  if (query.kind === 'full') return addLinear(graph, x, 'q', query.q);
  const size = query.down.outFeatures;
  const latent = addNorm(graph, addLinear(graph, x, 'q.down', query.down), 'q.norm', query.norm, size);
  reportInput(graph, 'q.up', latent, size);
  return addLinear(graph, latent, 'q.up', query.up);
}
