/** What a compression method is. A method is pure: it sees one weight matrix and what it asked for, nothing else. */
import type { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import type { ForwardPrecision } from '../engines/forward-quantizer.ts';
import type { Architecture } from '../families/architecture.ts';
import type { PackedLinear } from '../formats/format.ts';
import type { ChannelStatistics } from '../math/channel-sum.ts';
import type { Rng } from '../math/rng.ts';
import type {
  DenseLinear,
  HessianHandle,
  ObservedInputs,
  Operations,
  Wanted,
} from '../operations/operations.ts';

export type { DenseLinear } from '../operations/operations.ts';

/** What a method may ask for, and what it then gets. Linears with the same input share one object. */
export interface Statistics {
  readonly nothing: null;
  readonly hessian: HessianHandle;
  readonly channels: ChannelStatistics;
  /** Both of them. */
  readonly inputs: { readonly hessian: HessianHandle; readonly channels: ChannelStatistics };
}

export type Needs = keyof Statistics;

/** What calibration has to note for a need; null where none has to run. */
export function wantedFor(needs: Needs): Wanted | null {
  switch (needs) {
    case 'nothing':
      return null;
    case 'hessian':
      return { hessian: true, channels: false };
    case 'channels':
      return { hessian: false, channels: true };
    case 'inputs':
      return { hessian: true, channels: true };
  }
}

/** What was observed, as a need asked for it. Throws TypeError where calibration did not note it. */
export function statisticsFor(needs: Needs, observed: ObservedInputs | null): Statistics[Needs] {
  const { hessian, channels } = observed ?? { hessian: null, channels: null };
  if (needs === 'nothing') return null;
  if (needs === 'hessian' && hessian !== null) return hessian;
  if (needs === 'channels' && channels !== null) return channels;
  if (needs === 'inputs' && hessian !== null && channels !== null) return { hessian, channels };
  throw new TypeError(`[method] calibration noted nothing of "${needs}".`);
}

export interface MethodContext<N extends Needs = Needs> {
  readonly statistics: Statistics[N];
  /** The heavy steps, done where the caller computes. */
  readonly operations: Operations;
  /** Seeded by the caller from the recipe and the linear's name. */
  readonly rng: Rng;
  /** Whether the linear makes queries or keys and nothing else, so that its outputs are only ever multiplied. @default false */
  readonly feedsScores?: boolean;
}

export interface QuantizedLinear {
  readonly packed: PackedLinear;
  /** Σ over rows of (w − ŵ) H (w − ŵ)ᵀ with the damped H; null where the method does not know it. */
  readonly hessianLoss: number | null;
  /** What had to be done differently from the recipe, in full sentences. */
  readonly notes: readonly string[];
}

/** One input of a block, which may be divided by factors that its readers are multiplied by. */
export interface RescalableInput<N extends Needs = Needs> {
  readonly K: number;
  /** What the division is folded into; with `none` every reader stores the factors and divides by them itself. */
  readonly producer: 'norm' | 'rows' | 'none';
  /** Int32 `[K]`: channels with equal numbers need one factor. Null where all are free. */
  readonly ties: Int32Array | null;
  /** Those that will be compressed: groups whose linears read the same tokens (experts get tokens of their own). */
  readonly readers: readonly {
    readonly linears: readonly DenseLinear[];
    readonly statistics: Statistics[N];
  }[];
}

export interface RescaleContext {
  readonly operations: Operations;
  readonly architecture: Architecture;
}

export interface RescaledInput {
  /** Positive, finite, float64 `[K]`; null leaves the input as it is. */
  readonly factors: Float64Array | null;
  readonly notes: readonly string[];
}

export interface Paper {
  readonly authors: string;
  readonly year: number;
  readonly arxiv?: string;
  /** Place inside the paper, such as `Algorithm 1`. */
  readonly where: string;
}

export interface Method<Settings = unknown, N extends Needs = Needs> {
  /** File stem, permanent; the first part of a recipe id. */
  readonly id: string;
  readonly title: string;
  readonly paper: Paper | null;
  /** Where this differs from the paper or its reference code, and why. */
  readonly deviations: readonly string[];
  readonly needs: N;
  readonly settings: z.ZodType<Settings>;
  /** Why this method cannot run a recipe, as a clause; null where it can. */
  supports(recipe: Recipe): string | null;
  /** The settings that a supported recipe stands for. Called only for recipes that change weights. */
  fromRecipe(recipe: Recipe): Settings;
  /** What the forward pass rounds with a supported recipe. @default precisionOf */
  precision?(recipe: Recipe): ForwardPrecision;
  /** Throws before any work where the settings do not fit a matrix of this shape (`method/group-size`). */
  check(linear: { readonly name: string; readonly N: number; readonly K: number }, settings: Settings): void;
  /**
   * Chooses factors for one input of a block, before any of its linears is compressed. `quantize` then gets linears and
   * statistics as they are behind the division.
   */
  rescale?(input: RescalableInput<N>, settings: Settings, context: RescaleContext): Promise<RescaledInput>;
  quantize(linear: DenseLinear, settings: Settings, context: MethodContext<N>): Promise<QuantizedLinear>;
}

/** Types a method from its `settings` schema and its `needs`, and returns it unchanged. */
export function defineMethod<Settings, N extends Needs>(method: Method<Settings, N>): Method<Settings, N> {
  return method;
}
