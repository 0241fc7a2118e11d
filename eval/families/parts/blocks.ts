/** Pieces of a description that many families have in common. */
import type {
  Attention,
  Embedding,
  LayerNorm,
  Linear,
  Norm,
  Norms,
  RmsNorm,
  RowBlocks,
} from '../architecture.ts';

/** The module `name` with its tensors `name.weight` and, with a bias, `name.bias`. */
export function linear(name: string, outFeatures: number, inFeatures: number, bias: boolean): Linear {
  const base = { name, tensor: `${name}.weight`, outFeatures, inFeatures };
  return bias ? { ...base, bias: `${name}.bias` } : base;
}

/** The linear `name.part` that is some rows of the fused module `name`. */
export function fusedLinear(
  name: string,
  part: string,
  rows: RowBlocks,
  { outFeatures, inFeatures, bias }: { outFeatures: number; inFeatures: number; bias: boolean },
): Linear {
  return { ...linear(name, outFeatures, inFeatures, bias), name: `${name}.${part}`, rows };
}

/** One range of rows. */
export function rowRange(first: number, size: number): RowBlocks {
  return { first, size, stride: size };
}

/** Heads of queries, keys and values, all of one size. */
export interface HeadCounts {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

type Projections = Pick<Attention, 'q' | 'k' | 'v'>;

/** `[hidden] → [all queries, all keys, all values]` in one module. */
export function stackedProjections(
  name: string,
  { heads, kvHeads, headDim }: HeadCounts,
  inFeatures: number,
  bias: boolean,
): Projections {
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const part = (letter: string, first: number, outFeatures: number) =>
    fusedLinear(name, letter, rowRange(first, outFeatures), { outFeatures, inFeatures, bias });
  return { q: part('q', 0, queries), k: part('k', queries, keys), v: part('v', queries + keys, keys) };
}

/** One module in which each key-value head has its queries, its key and its value side by side. */
export function interleavedProjections(
  name: string,
  { heads, kvHeads, headDim }: HeadCounts,
  inFeatures: number,
  bias: boolean,
): Projections {
  const perGroup = heads / kvHeads;
  const stride = (perGroup + 2) * headDim;
  const part = (letter: string, before: number, count: number) =>
    fusedLinear(
      name,
      letter,
      { first: before * headDim, size: count * headDim, stride },
      { outFeatures: kvHeads * count * headDim, inFeatures, bias },
    );
  return { q: part('q', 0, perGroup), k: part('k', perGroup, 1), v: part('v', perGroup + 1, 1) };
}

/** A norm before, nothing after. */
export function preNorm(before: Norm | null): Norms {
  return { before, output: null, after: null };
}

/** A norm after the residual sum only. */
export function postNorm(after: Norm | null): Norms {
  return { before: null, output: null, after };
}

export function rmsNorm(name: string, eps: number): RmsNorm {
  return { kind: 'rms', tensor: `${name}.weight`, eps, unitOffset: false };
}

export function layerNorm(name: string, eps: number): LayerNorm {
  return { kind: 'layer', tensor: `${name}.weight`, bias: `${name}.bias`, eps };
}

/** Token embeddings that enter the first block as they are. */
export function plainEmbedding(tensor: string): Embedding {
  return { tensor, scale: 1, positions: null, projection: null, norm: null };
}

/** What attention is unless a family says otherwise. */
export function plainAttention({ headDim }: HeadCounts) {
  return {
    kind: 'attention',
    position: { kind: 'none' },
    scale: 1 / Math.sqrt(headDim),
    softCap: null,
    slidingWindow: null,
    queryKeyNorm: null,
  } as const;
}

/** The output projection: a module of its own, or the embedding where the two are tied. */
export function headOf(
  name: string,
  embedding: string,
  tied: boolean,
  vocabSize: number,
  size: number,
): Linear {
  const own = linear(name, vocabSize, size, false);
  return tied ? { ...own, tensor: embedding } : own;
}
