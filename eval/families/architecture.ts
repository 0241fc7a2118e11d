/**
 * The typed description of a decoder-only language model. A family file maps a Hugging Face config and its tensor
 * names to this; engines interpret it and know no family by name. New features are new members of the unions.
 */

/**
 * Rows of a fused tensor that belong to one linear: blocks of `size` rows, the first at `first`, each `stride` rows
 * after the one before. One block is a plain range; several are layouts such as BLOOM's, which keeps the query, key and
 * value rows of each head together. How many blocks there are follows from `outFeatures`.
 */
export interface RowBlocks {
  readonly first: number;
  readonly size: number;
  readonly stride: number;
}

/** One weight matrix of a linear layer, `[outFeatures, inFeatures]`, possibly some rows of a fused tensor. */
export interface Linear {
  /** Unique within the model, the Hugging Face module path: `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  readonly tensor: string;
  /** Where several linears share one fused tensor. The bias, if there is one, is fused the same way. */
  readonly rows?: RowBlocks;
  readonly bias?: string;
  readonly outFeatures: number;
  readonly inFeatures: number;
}

/** x / √(mean(x²) + ε) · weight, or · (1 + weight) with `unitOffset` (Gemma). */
export interface RmsNorm {
  readonly kind: 'rms';
  readonly tensor: string;
  readonly eps: number;
  readonly unitOffset: boolean;
}

/** (x − mean) / √(variance + ε) · weight + bias. */
export interface LayerNorm {
  readonly kind: 'layer';
  readonly tensor: string;
  readonly bias: string | null;
  readonly eps: number;
}

export type Norm = RmsNorm | LayerNorm;

/**
 * Rotary embedding of the first 2·`inverseFrequencies.length` values of each head; the rest passes unchanged. Scaling
 * rules are already applied.
 */
export interface Rope {
  readonly kind: 'rope';
  readonly inverseFrequencies: readonly number[];
  /** Factor on cos and sin (1 unless a scaling rule asks for it). */
  readonly attentionFactor: number;
  /** `half`: value i turns with value i + d/2. `interleaved`: value 2i turns with value 2i + 1. */
  readonly layout: 'half' | 'interleaved';
  /**
   * Takes the place of `inverseFrequencies` for texts of which more than `beyond` tokens are read (LongRoPE), from their
   * first token on; null where nothing does. A text is a context with one continuation, or a prompt with all that may
   * be generated: which table it gets does not depend on what runs beside it.
   */
  readonly long: {
    readonly beyond: number;
    readonly inverseFrequencies: readonly number[];
    readonly attentionFactor: number;
  } | null;
}

/** Adds factor · slope · (key position − query position) to the scores of each head. */
export interface Alibi {
  readonly kind: 'alibi';
  /** One a head. */
  readonly slopes: readonly number[];
  /** Of models that scale bias and scores together; 1 for the others. */
  readonly factor: number;
  /** Key positions, and slope · key position, are rounded to bfloat16, as models that were trained so do (Falcon). */
  readonly rounded: boolean;
}

/** Attention that does not know positions: they come with the embedding, or not at all. */
export interface NoPosition {
  readonly kind: 'none';
}

export type Position = Rope | Alibi | NoPosition;

/** What queries and keys have in common, however they are made. */
interface AttentionRule {
  readonly heads: number;
  readonly position: Position;
  /** Factor on q·k, usually 1/√headDim. */
  readonly scale: number;
  /** Scores s become cap · tanh(s / cap) before the mask; null means they stay. */
  readonly softCap: number | null;
  /** A query sees keys at most `slidingWindow − 1` positions back; null means all. */
  readonly slidingWindow: number | null;
}

export interface Attention extends AttentionRule {
  readonly kind: 'attention';
  readonly kvHeads: number;
  readonly headDim: number;
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  /** Norms of queries and keys before rotation, over each head (weights `[headDim]`) or over all heads together. */
  readonly queryKeyNorm: { readonly q: Norm; readonly k: Norm; readonly over: 'head' | 'all' } | null;
}

/**
 * Multi-head latent attention: keys and values are made from one low-rank latent, and a part of each key, the same for
 * all heads, carries the position. Source: DeepSeek-AI 2024, arXiv:2405.04434, section 2.1.
 */
export interface LatentAttention extends AttentionRule {
  readonly kind: 'latent-attention';
  /** Values of a query or key head without position, with position, and of a value head. */
  readonly plainDim: number;
  readonly rotaryDim: number;
  readonly valueDim: number;
  readonly latentSize: number;
  /** Queries come directly, or through a low-rank latent of their own. */
  readonly query:
    | { readonly kind: 'full'; readonly q: Linear }
    | { readonly kind: 'latent'; readonly down: Linear; readonly norm: Norm; readonly up: Linear };
  /** `[latentSize + rotaryDim, H]`: the latent and the shared rotary part of the keys. */
  readonly kvDown: Linear;
  readonly kvNorm: Norm;
  /** `[heads · (plainDim + valueDim), latentSize]`. */
  readonly kvUp: Linear;
  readonly o: Linear;
}

/**
 * The selective state space layer of Mamba. Source: Gu and Dao 2023, arXiv:2312.00752, section 3.
 * Linears: `input` `[2·innerSize, H]`, `parameters` `[rank + 2·stateSize, innerSize]`, `step` `[innerSize, rank]` with
 * bias, `output` `[H, innerSize]`.
 */
export interface SelectiveScan {
  readonly kind: 'selective-scan';
  readonly innerSize: number;
  readonly stateSize: number;
  readonly rank: number;
  readonly convolution: { readonly tensor: string; readonly bias: string | null; readonly width: number };
  readonly input: Linear;
  readonly parameters: Linear;
  readonly step: Linear;
  readonly output: Linear;
  /** Tensor `[innerSize, stateSize]`; the state decays by exp(−step · exp(logDecay)). */
  readonly logDecay: string;
  /** Tensor `[innerSize]`: what passes by the state. */
  readonly skip: string;
}

export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'relu';

/** down(act(up(x))). */
export interface PlainFeedForward {
  readonly kind: 'mlp';
  readonly activation: Activation;
  readonly up: Linear;
  readonly down: Linear;
}

/** down(act(gate(x)) ⊙ up(x)). */
export interface GatedFeedForward {
  readonly kind: 'glu';
  readonly activation: Activation;
  readonly gate: Linear;
  readonly up: Linear;
  readonly down: Linear;
}

/** A router picks `perToken` experts for each token and mixes what they return. */
export interface ExpertsFeedForward {
  readonly kind: 'experts';
  /** `[experts, H]`; small and sensitive, so that it stays uncompressed unless a recipe asks for it. */
  readonly router: Linear;
  readonly experts: readonly GatedFeedForward[];
  readonly perToken: number;
  /** Shares are a softmax over all experts; `renormalize` divides those of the chosen ones by their sum. */
  readonly renormalize: boolean;
  /** Factor on the shares after that. */
  readonly factor: number;
  /** Experts in equal groups of which only the best few, by their best expert, may be chosen from (DeepSeek-V2). */
  readonly groups: { readonly count: number; readonly perToken: number } | null;
  /** Runs for every token and is added; `gate` `[1, H]` scales it by a sigmoid. */
  readonly shared: { readonly feedForward: GatedFeedForward; readonly gate: Linear | null } | null;
}

export type Mixer = Attention | LatentAttention | SelectiveScan;
export type FeedForward = PlainFeedForward | GatedFeedForward | ExpertsFeedForward;

/**
 * Where norms stand around a mixer or feed-forward f, all of them optional:
 * hidden ← after(hidden + output(f(before(hidden)))).
 */
export interface Norms {
  readonly before: Norm | null;
  readonly output: Norm | null;
  readonly after: Norm | null;
}

export interface Block {
  readonly mixerNorms: Norms;
  readonly mixer: Mixer;
  readonly feedForwardNorms: Norms;
  /** Null for blocks that are a mixer only. */
  readonly feedForward: FeedForward | null;
  /**
   * `parallel`: the feed-forward reads the hidden states of before the mixer, through its own `before` norm or, where it
   * has none, as the mixer reads them; both are added at once. `after` norms are null then.
   */
  readonly arrangement: 'sequential' | 'parallel';
}

export interface Embedding {
  /** `[vocabSize, size]`. */
  readonly tensor: string;
  /** Factor on token embeddings; 1 leaves them. */
  readonly scale: number;
  /** Learned positions `[offset + maxPositions, hiddenSize]`; position p reads row p + offset. */
  readonly positions: { readonly tensor: string; readonly offset: number } | null;
  /** From the embedding's size to the hidden size, where they differ. */
  readonly projection: Linear | null;
  readonly norm: Norm | null;
}

export interface Architecture {
  readonly family: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly maxPositions: number;
  readonly embedding: Embedding;
  readonly blocks: readonly Block[];
  readonly finalNorm: Norm | null;
  /** From the hidden size to the size that the head reads, where they differ. */
  readonly headProjection: Linear | null;
  /** The output projection; `tensor` equals the embedding's where the two are tied. */
  readonly head: Linear;
  /** Logits z become cap · tanh(z / cap); null means they stay. */
  readonly logitSoftCap: number | null;
}
