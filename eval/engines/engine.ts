/**
 * What every engine offers. An engine interprets an `Architecture`; it returns log-probabilities of targets, never
 * logits of whole texts, so that memory does not grow with the vocabulary times the text.
 */
import type { Architecture, Linear } from '../families/architecture.ts';
import type { PackedLinear } from '../formats/format.ts';
import type { DenseLinear, ObservedInputs, Operations, Wanted } from '../operations/operations.ts';
import type { WeightSource } from '../weights.ts';
import type { ForwardPrecision } from './forward-quantizer.ts';
import type { Sampling } from './sampling.ts';

/**
 * Tokens of one or more sequences packed without padding, all arrays `[T]`. Token i attends to token j when
 * `(segments[j] === segments[i] || segments[j] === parents[i]) && positions[j] <= positions[i]` (and the distance is
 * inside the sliding window). A shared prefix is a segment of its own whose tokens have `parents === segments`;
 * each of its continuations is a segment whose parent is the prefix, with positions that go on from it.
 */
export interface Chunk {
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  readonly segments: Int32Array;
  readonly parents: Int32Array;
  /**
   * Tokens that are read of the whole text that a token belongs to, what generation may add included. Rotary rules that
   * change for long texts (LongRoPE) go by it, so that results do not depend on what else is in the chunk.
   */
  readonly lengths: Int32Array;
}

/** Scores each continuation after the same context. Token ids; the context may be shared by many continuations. */
export interface ScoreRequest {
  /** At least one token. */
  readonly context: readonly number[];
  /** At least one continuation, each of at least one token. */
  readonly continuations: readonly (readonly number[])[];
}

export interface ScoredContinuation {
  /** ln p(token | all tokens before it), float32 `[continuation.length]`. */
  readonly logProbabilities: Float32Array;
  /** True where every token of the continuation is the argmax of its distribution (ties: the lowest id wins). */
  readonly isGreedy: boolean;
  /** Against the reference; null where there is none. */
  readonly divergence: Divergence | null;
}

/** What the head reads where it predicts the tokens of a continuation, float32 `[length, K]`, by request and continuation. */
export type FinalStates = readonly (readonly Float32Array[])[];

/** A model's next-token distributions q against those p of another model with the same head, one entry a token. */
export interface Divergence {
  /** Σ p·(ln p − ln q) over the vocabulary. */
  readonly klNats: Float64Array;
  /** 1 where both find the same token most probable. */
  readonly isSameTop: Uint8Array;
}

export interface GenerateRequest {
  readonly prompt: readonly number[];
  readonly maxNewTokens: number;
  /** Generation of this request ends when this returns true for the tokens generated so far. */
  readonly stop: (generated: readonly number[]) => boolean;
  /** @default GREEDY */
  readonly sampling?: Sampling;
}

/** Called as work proceeds: `done` of `total` tokens. */
export type OnProgress = (done: number, total: number) => void;

/**
 * Receives the inputs of a linear, float32 `[M, K]`, as the block runs. Siblings with one input are reported once, under
 * the first one's name. Experts are reported with the tokens that they get, and with M = 0 where they get none.
 */
export type Observe = (
  linearName: string,
  inputs: Float32Array,
  M: number,
  K: number,
) => void | Promise<void>;

/** Keys (after rotation) and values that a cache would hold for a chunk, float32 `[T, …]` each. */
export interface CachedTensors {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Receives what a block would cache; not called for a block that keeps no keys and values. */
export type ObserveCache = (cache: CachedTensors) => void;

/** The hidden states of all calibration sequences on their way through a model, one block after the other. */
export interface CalibrationPass {
  /**
   * Runs the blocks before `index` that have not run yet, then block `index`.
   * @param weights  compressed for the blocks before `index`; for it, original or compressed so far
   * @param goesOn   whether what the block puts out now is what the next one reads, so that it does not run again;
   *                 nothing else can then be observed of it
   * @returns what was seen of each distinct input of the block, by the first linear that reads it; the caller releases Hessians
   * @throws compress/not-finite, compress/not-observed
   */
  observe(
    index: number,
    weights: WeightSource,
    wanted: Wanted,
    goesOn: boolean,
  ): Promise<Map<string, ObservedInputs>>;
  /** A linear of the block that was observed last, where the engine holds its exact weights; null where it does not. */
  linear?(linear: Linear): Promise<DenseLinear | null>;
  /**
   * Puts compressed linears of that block in place of its original ones, so that nothing has to be read again: all of them,
   * in one call or several, each best while it is the last that was packed.
   */
  replace?(linears: ReadonlyMap<string, PackedLinear>): Promise<void>;
  close(): Promise<void>;
}

export interface LoadedModel {
  readonly architecture: Architecture;
  /**
   * One answer per request, one entry per continuation, independent of how requests are batched.
   * @param reference  final states of a model with the same head, for the same requests or the first few of them
   */
  score(
    requests: readonly ScoreRequest[],
    onProgress?: OnProgress,
    reference?: FinalStates,
  ): Promise<readonly (readonly ScoredContinuation[])[]>;
  /** What distributions of other models can be compared with: the states that `score` would compute them from. */
  finalStates(requests: readonly ScoreRequest[], onProgress?: OnProgress): Promise<FinalStates>;
  /** Greedy or sampled decoding with a KV cache; returns generated token ids, without the prompt. */
  generate(
    requests: readonly GenerateRequest[],
    onProgress?: OnProgress,
  ): Promise<readonly (readonly number[])[]>;
  /** Logits of every position of one short sequence, float32 `[T, V]`. For checks against other implementations. */
  logits(tokens: readonly number[]): Promise<Float32Array>;
  /** Hidden states after the embedding, float32 `[T, H]`. */
  embed(chunk: Chunk): Promise<Float32Array>;
  /**
   * Runs one block: float32 `[T, H]` in and out. `observe` sees the inputs of its linears, `observeCache` the keys and
   * values of all tokens at once.
   */
  runBlock(
    index: number,
    chunk: Chunk,
    hidden: Float32Array,
    observe?: Observe,
    observeCache?: ObserveCache,
  ): Promise<Float32Array>;
  /**
   * Embeds calibration sequences and keeps their hidden states where the engine computes. Engines without it are calibrated
   * through `embed` and `runBlock`.
   */
  calibrate?(sequences: readonly ArrayLike<number>[]): Promise<CalibrationPass>;
  /** Sets what `runBlock`, `score` and `generate` read from now on (used while a model is compressed block by block). */
  useWeights(weights: WeightSource): void;
}

export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  /** `cpu`, `webgpu`, `cuda` … */
  readonly provider: string;
}

export interface EngineOptions {
  /**
   * Upper bound in bytes for hidden states, scores and logits that live at the same time in the memory of this process. An
   * engine with memory of its own divides that by itself.
   */
  readonly workspaceBytes: number;
  /** What the forward pass rounds, in `score`, `generate`, `logits` and `runBlock` alike. @default UNROUNDED */
  readonly precision?: ForwardPrecision;
  /** Told how an engine with memory of its own divides it, where that is not as it was last told. */
  readonly log?: (line: string) => void;
}

export interface Engine {
  readonly info: EngineInfo;
  /** Of engines with a library of compiled kernels: the hash of what it was built from. */
  readonly librarySha256?: string;
  /** Of engines with memory of their own: the most bytes of it that were in use at a time. */
  readonly peakDeviceBytes?: number;
  load(architecture: Architecture, weights: WeightSource, options: EngineOptions): Promise<LoadedModel>;
  /** The heavy steps of compression where this engine computes. @default those in TypeScript */
  readonly operations?: Operations;
  /** Xᵀ·X of float32 `[M, K]` inputs, float32 `[K, K]`. */
  gram(inputs: Float32Array, M: number, K: number): Promise<Float32Array>;
  close(): Promise<void>;
}
