/** How much memory a compressed model needs while it answers. Stated in words on the advisor's page; tested by hand. */

/** What a model keeps of the tokens that it has seen. */
export type Cache =
  | {
      /** Keys and values of every token, a pair a head; shared by several queries where `kv_heads` < heads. */
      readonly kind: 'heads';
      readonly kv_heads: number;
      readonly head_size: number;
      /** Tokens that `windowed_layers` of the layers look back; null where all look back to the start. */
      readonly window: number | null;
      readonly windowed_layers: number;
    }
  /** One compressed vector and one rotated key a token and layer (multi-head latent attention). */
  | { readonly kind: 'latent'; readonly latent_size: number; readonly rope_size: number }
  /** A state of fixed size, in 32 bits, and the inputs that a convolution looks back on. */
  | {
      readonly kind: 'state';
      readonly inner_size: number;
      readonly state_size: number;
      readonly convolution: number;
    };

export interface Shape {
  readonly layers: number;
  readonly hidden_size: number;
  /** Of queries; null where there is no attention. */
  readonly heads: number | null;
  readonly vocabulary: number;
  /** The head uses the embedding's matrix. */
  readonly tied: boolean;
  /** Values that a token takes inside a feed-forward part; of a mixture, those of the experts that it goes to. */
  readonly active_inner_size: number;
  readonly cache: Cache;
}

export interface StoredWeights {
  readonly bits_per_weight: number;
  /** The bits count embeddings and head too; else those stay at 16 bits. */
  readonly is_whole: boolean;
  readonly kv_bits: number;
}

/** Weights and cache at 16 bits. */
export const SIXTEEN_BIT: StoredWeights = { bits_per_weight: 16, is_whole: true, kv_bits: 16 };

export interface Load {
  /** Tokens of prompt and answer together. */
  readonly context: number;
  /** Texts at a time. */
  readonly batch: number;
}

/** All in bytes. */
export interface Memory {
  readonly weights: number;
  readonly cache: number;
  readonly workspace: number;
  readonly overhead: number;
  readonly total: number;
}

/** Tokens of a prompt that go through the model at a time, as servers do with long prompts. */
export const CHUNK = 512;
/** What a process holds on the GPU before its first tensor and in its libraries; see the measured peaks on the page. */
export const OVERHEAD_BYTES = 0.7 * 1024 ** 3;
/** Groups of the cache have a scale and a zero of 16 bits each; a group is a head. */
const CACHE_GROUP_BITS = 32;

/** Weights in embeddings and head. */
export function embeddingWeights({ vocabulary, hidden_size, tied }: Shape): number {
  return vocabulary * hidden_size * (tied ? 1 : 2);
}

/** @param params all weights of the model, embeddings included */
export function weightBytes(params: number, shape: Shape, stored: StoredWeights): number {
  const uncompressed = stored.is_whole ? 0 : Math.min(params, embeddingWeights(shape));
  return (uncompressed * 16 + (params - uncompressed) * stored.bits_per_weight) / 8;
}

/** Bytes of everything that is kept of `batch` texts of `context` tokens. */
export function cacheBytes(shape: Shape, kvBits: number, { context, batch }: Load): number {
  const { cache, layers } = shape;
  if (cache.kind === 'state') {
    const { inner_size, state_size, convolution } = cache;
    return batch * layers * inner_size * (state_size * 4 + convolution * 2);
  }
  if (cache.kind === 'latent') {
    const size = cache.latent_size + cache.rope_size;
    return (batch * layers * context * size * bitsOfCache(kvBits, size)) / 8;
  }
  const { kv_heads, head_size, window, windowed_layers } = cache;
  const tokens =
    (layers - windowed_layers) * context + windowed_layers * Math.min(context, window ?? context);
  return (batch * tokens * 2 * kv_heads * head_size * bitsOfCache(kvBits, head_size)) / 8;
}

function bitsOfCache(bits: number, group: number): number {
  return bits >= 16 ? 16 : bits + CACHE_GROUP_BITS / group;
}

/**
 * The widest moment of a layer in 16 bits for a chunk of every text: the residual, its normed copy, and either queries,
 * keys, values and their output (four hidden sizes) or the feed-forward part (its inner size twice, as gates have it);
 * the keys and values of one layer once more, widened to all heads of queries, as plain attention needs them; and the scores
 * of the next token in 32 bits.
 */
export function workspaceBytes(shape: Shape, load: Load): number {
  const { hidden_size, active_inner_size, vocabulary } = shape;
  const values = 2 * hidden_size + Math.max(4 * hidden_size, 2 * active_inner_size);
  const chunk = Math.min(load.context, CHUNK) * values * 2;
  return load.batch * (chunk + vocabulary * 4) + widenedLayerBytes(shape, load);
}

/** Of the layer that looks back furthest. Programs for latent attention compute with the compressed vectors as they are. */
function widenedLayerBytes({ cache, heads, layers }: Shape, { context, batch }: Load): number {
  if (cache.kind !== 'heads' || heads === null) return 0;
  const { head_size, window, windowed_layers } = cache;
  const tokens = windowed_layers === layers ? Math.min(context, window ?? context) : context;
  return batch * tokens * 2 * heads * head_size * 2;
}

export function memoryOf(params: number, shape: Shape, stored: StoredWeights, load: Load): Memory {
  const weights = weightBytes(params, shape, stored);
  const cache = cacheBytes(shape, stored.kv_bits, load);
  const workspace = workspaceBytes(shape, load);
  const overhead = OVERHEAD_BYTES;
  return { weights, cache, workspace, overhead, total: weights + cache + workspace + overhead };
}
