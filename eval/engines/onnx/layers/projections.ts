/** How each kind of attention makes queries, keys and values. */
import type { Attention, Block, Linear, Mixer, Norm } from '../../../families/architecture.ts';
import type { WeightTable } from '../block-weights.ts';
import type { GraphBuilder } from '../graph.ts';
import { reportInput } from '../observe-inputs.ts';
import { latentProjections } from './latent-projections.ts';
import { addLinear } from './linear.ts';
import { addNorm } from './norms.ts';
import { roundCached, roundKeys } from './rounding.ts';

/** Mixers that have keys and values. */
export type AttentionMixer = Extract<Mixer, { readonly kind: 'attention' | 'latent-attention' }>;

/** Turns float32 `[M, heads, rotaryDim]` by the position of its row; leaves it where positions do not rotate. */
export type Rotate = (x: string) => string;

export interface Projections {
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Values of a head that `rotate` is given. */
  readonly rotaryDim: number;
  /** Of the mixer, the output projection `o` included. */
  readonly weights: WeightTable;
  /** Float32 `[M, heads, keyDim]` from what the mixer reads, `[M, H]`. */
  addQueries(graph: GraphBuilder, x: string, rotate: Rotate): string;
  /** Float32 `[M, kvHeads, keyDim]` and `[M, kvHeads, valueDim]`, rounded where the graph rounds them. Reports the input that queries and keys share. */
  addKeysValues(
    graph: GraphBuilder,
    x: string,
    rotate: Rotate,
  ): { readonly keys: string; readonly values: string };
}

export function projectionsOf(mixer: AttentionMixer): Projections {
  switch (mixer.kind) {
    case 'attention':
      return plainProjections(mixer);
    case 'latent-attention':
      return latentProjections(mixer);
  }
}

export function attentionMixer({ mixer }: Block): AttentionMixer {
  if (mixer.kind === 'selective-scan') throw new TypeError('a selective scan has no keys and values');
  return mixer;
}

function plainProjections(mixer: Attention): Projections {
  const { heads, kvHeads, headDim, q, k, v, o, queryKeyNorm } = mixer;
  const weights = { q, k, v, o, 'q.norm': queryKeyNorm?.q ?? null, 'k.norm': queryKeyNorm?.k ?? null };
  const over = queryKeyNorm?.over ?? 'head';
  /** Projection, norm over all heads or each, heads apart. */
  const project = (
    graph: GraphBuilder,
    x: string,
    name: string,
    linear: Linear,
    count: number,
    norm: Norm | null,
  ) => {
    const flat = addLinear(graph, x, name, linear);
    const normed = over === 'all' ? addNorm(graph, flat, `${name}.norm`, norm, count * headDim) : flat;
    const split = graph.node('Reshape', [normed, graph.ints([0, count, headDim])]);
    return over === 'head' ? addNorm(graph, split, `${name}.norm`, norm, headDim) : split;
  };
  return {
    kvHeads,
    keyDim: headDim,
    valueDim: headDim,
    rotaryDim: headDim,
    weights,
    addQueries: (graph, x, rotate) => rotate(project(graph, x, 'q', q, heads, weights['q.norm'])),
    addKeysValues(graph, x, rotate) {
      reportInput(graph, 'q', x, q.inFeatures);
      const keys = project(graph, x, 'k', k, kvHeads, weights['k.norm']);
      const values = project(graph, x, 'v', v, kvHeads, null);
      return {
        keys: roundKeys(graph, keys, rotate, kvHeads, headDim),
        values: roundCached(graph, values, kvHeads, headDim),
      };
    },
  };
}
