/**
 * The typed description of a decoder-only language model. A family file maps a Hugging Face config and its tensor
 * names to this; engines interpret it and know no family by name. New features are new members of the unions.
 */

/** One weight matrix of a linear layer, `[outFeatures, inFeatures]`, possibly a row range of a fused tensor. */
export interface Linear {
  /** Unique within the model, the Hugging Face module path: `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  readonly tensor: string;
  /** Half-open row range inside `tensor`, where several linears share one fused tensor. */
  readonly rows?: readonly [from: number, to: number];
  readonly bias?: string;
  readonly outFeatures: number;
  readonly inFeatures: number;
}

export interface Norm {
  readonly kind: 'rms';
  readonly tensor: string;
  readonly eps: number;
}

/** Rotary embedding on the two halves of each head; `inverseFrequencies` has headDim / 2 entries, scaling applied. */
export interface Rope {
  readonly kind: 'rope';
  readonly inverseFrequencies: readonly number[];
  /** Factor on cos and sin (1 unless a scaling rule asks for it). */
  readonly attentionFactor: number;
}

export interface Attention {
  readonly kind: 'attention';
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  readonly position: Rope;
  /** Factor on q·k, usually 1/√headDim. */
  readonly scale: number;
  /** A query sees keys at most `slidingWindow − 1` positions back; null means all. */
  readonly slidingWindow: number | null;
}

export interface GatedFeedForward {
  readonly kind: 'glu';
  readonly activation: 'silu';
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
}

export type Mixer = Attention;
export type FeedForward = GatedFeedForward;

/** norm → mixer → residual, norm → feed-forward → residual. */
export interface Block {
  readonly mixerNorm: Norm;
  readonly mixer: Mixer;
  readonly feedForwardNorm: Norm;
  readonly feedForward: FeedForward;
}

export interface Architecture {
  readonly family: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly maxPositions: number;
  readonly embedding: { readonly tensor: string };
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm;
  /** The output projection; `tensor` equals the embedding's where the two are tied. */
  readonly head: Linear;
}

/**
 * Every compressible linear of a block, in forward order, those that read the same input together.
 * Embeddings, norms and the head are never compressed.
 */
export function siblingsOf(block: Block): readonly (readonly Linear[])[] {
  const { mixer, feedForward } = block;
  return [[mixer.q, mixer.k, mixer.v], [mixer.o], [feedForward.gate, feedForward.up], [feedForward.down]];
}

/** The same linears, flat. */
export function linearsOf(block: Block): readonly Linear[] {
  return siblingsOf(block).flat();
}
