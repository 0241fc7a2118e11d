/**
 * The numerically heavy steps of compression, done where the engine computes: in TypeScript on the CPU, or by kernels on a
 * GPU with the same result. Methods call them and know neither.
 */
import type { PackedLinear } from '../formats/format.ts';
import type { AffineRule } from '../math/affine.ts';
import type { BinaryBlockRule } from '../math/binary-blocks.ts';
import type { ChannelStatistics } from '../math/channel-sum.ts';
import type { Hessian, HessianFactor } from '../math/hessian.ts';
import type { PartlyBinaryRule } from '../math/partly-binary.ts';
import type { IncoherenceOperations } from './incoherence.ts';
import type { PruningOperations } from './pruning.ts';
import type { RescalingOperations } from './rescaling.ts';

/** One weight matrix, float32 `[N, K]` row-major; never modified. */
export interface DenseLinear {
  /** The Hugging Face module path, for messages. */
  readonly name: string;
  /** May be a copy that is made when it is read, where the weights are kept elsewhere. */
  readonly weight: Float32Array;
  readonly N: number;
  readonly K: number;
}

export interface GridRule extends AffineRule {
  /** Input columns that share a scale; −1: the whole row. */
  readonly group: number;
}

export interface ColumnRule extends GridRule {
  /** Visit columns by falling H_ii. */
  readonly actOrder: boolean;
  /** Fit all grids on the original weights, before any correction. */
  readonly staticGroups: boolean;
  /** One grid for the whole matrix; then none is fitted, and what is packed has its scale in half precision. */
  readonly fixed?: { readonly scale: number; readonly zero: number };
  /**
   * After the loop, so many passes in which each code becomes the best one beside all others (eval/math/column-descent.ts);
   * only on a fixed grid, and with the Hessian of the factor.
   */
  readonly descent?: { readonly hessian: HessianHandle; readonly passes: number };
}

/** How weights become two binaries (eval/math/dual-binary.ts). */
export interface DualBinaryRule {
  /** Input columns that share two levels; −1: the whole row. */
  readonly group: number;
  /** Float64 `[K]`, above 0: what an error in a column weighs when levels are fitted. */
  readonly importance: Float64Array;
}

/** How weights become codes of bits that differ by group (eval/math/mixed-groups.ts). */
export interface MixedRule {
  /** Average bits, 2…7; without a factor those of every group. */
  readonly bits: number;
  /** Input columns that share bits and, in each row, a scale. */
  readonly group: number;
}

/** How weights become codes of the 4-bit NormalFloat (eval/formats/codebook.ts). */
export interface LevelRule {
  /** Input columns that share a scale; −1: the whole row. */
  readonly group: number;
  /** Shift each group so that its codes carry the most information (eval/math/information.ts). */
  readonly calibrated: boolean;
}

/** How weights become codes with fractional zeros (eval/formats/float-zeros.ts). */
export interface FloatGridRule {
  /** 1…8. */
  readonly bits: number;
  /** Input columns that share a scale; −1: the whole row. */
  readonly group: number;
}

/** H = (2/n)·Σ XᵀX of the inputs that one or more linears read, kept where the work is done. */
export interface HessianHandle {
  readonly K: number;
  /**
   * Prepares H and factorizes it as `Hessian.factor` (eval/math/hessian.ts) does, with larger damping where it must. The
   * latest answer is kept, so linears with the same input share the work.
   */
  factor(damping: number, actOrder: boolean): Promise<FactorHandle>;
  /**
   * Rᵀ·H·R (eval/math/rotation.ts), as statistics of inputs x·R. The latest answer is kept, and released with this one.
   */
  rotated(seed: number): Promise<HessianHandle>;
  /** H_jj as observed, float64 `[K]`: 0 for an input that was always zero. */
  diagonal(): Promise<Float64Array>;
  /** H in this process's memory, float64 `[K, K]`: for steps that are done there, since it is large. */
  toHost(): Promise<Hessian>;
  /** Makes it that of inputs divided by factors, float64 `[K]`: H_ij / (s_i·s_j). A factor found before is forgotten. */
  divide(factors: Float64Array): Promise<void>;
  /** Another handle of the same H, which the caller releases. */
  copy(): Promise<HessianHandle>;
  /** Gives its memory back, and that of its factor; neither may be used afterwards. */
  release(): void;
}

export interface FactorHandle {
  /**
   * found: ready for `roundColumns`. none: no damping sufficed, or H is not finite. empty: no input was ever seen, as of an
   * expert that no token of the calibration data went to.
   */
  readonly state: 'found' | 'none' | 'empty';
  /** Columns whose input was always zero. */
  readonly dead: number;
  /** The one asked for, or a larger one. */
  readonly damping: number;
  /** The factor in this process's memory, float64 `[K, K]`: for steps that are done there, since it is large. */
  toHost(): Promise<HessianFactor>;
}

/** What calibration saw of the inputs that one or more linears read. */
export interface ObservedInputs {
  /** Null where it was not asked for. */
  readonly hessian: HessianHandle | null;
  readonly channels: ChannelStatistics | null;
}

/** What calibration shall note of the inputs of linears. */
export interface Wanted {
  readonly hessian: boolean;
  readonly channels: boolean;
}

export interface RoundedColumns {
  readonly packed: PackedLinear;
  /** Σ over rows of (w − ŵ) H (w − ŵ)ᵀ with the damped H. */
  readonly loss: number;
}

/** As `RoundedColumns`; the loss is null where there was no factor, and so no feedback. */
export interface Binarized {
  readonly packed: PackedLinear;
  readonly loss: number | null;
}

/** `method` is named in messages. */
export interface Operations {
  /**
   * Every weight on the grid of its group, by itself.
   * @throws method/group-size, method/group-count, method/shape, method/not-finite, method/scale-too-large
   */
  roundToNearest(method: string, linear: DenseLinear, rule: GridRule): Promise<PackedLinear>;
  /**
   * Column by column, each error pushed into the columns not yet done (eval/math/column-loop.ts); weights of dead inputs
   * become zero first.
   * @param factor  found, by a handle of the same operations
   * @throws as roundToNearest
   */
  roundColumns(
    method: string,
    linear: DenseLinear,
    rule: ColumnRule,
    factor: FactorHandle,
  ): Promise<RoundedColumns>;
  /**
   * Signs for the least salient weights and 8-bit codes for the others (eval/math/partly-binary.ts); weights of dead inputs
   * count as zero.
   * @param factor  by a handle of the same operations, in any state
   * @throws as roundToNearest
   */
  binarizePartly(
    method: string,
    linear: DenseLinear,
    rule: PartlyBinaryRule,
    factor: FactorHandle,
  ): Promise<Binarized>;
  /**
   * Every weight as the nearest level of its group's NormalFloat; scales and shifts are quantized once more.
   * @throws as roundToNearest
   */
  roundToLevels(method: string, linear: DenseLinear, rule: LevelRule): Promise<PackedLinear>;
  /**
   * Every weight on a grid whose zero was solved for (eval/math/half-quadratic.ts).
   * @throws as roundToNearest
   */
  solveZeros(method: string, linear: DenseLinear, rule: FloatGridRule): Promise<PackedLinear>;
  /**
   * Signs for blocks of columns as a whole (eval/math/binary-blocks.ts); weights of dead inputs count as zero.
   * @param factor  by a handle of the same operations, in any state
   * @throws as roundToNearest
   */
  binarizeBlocks(
    method: string,
    linear: DenseLinear,
    rule: BinaryBlockRule,
    factor: FactorHandle,
  ): Promise<Binarized>;
  /**
   * Two binaries for every weight; weights of dead inputs count as zero.
   * @param factor  by a handle of the same operations, in any state
   * @throws as roundToNearest
   */
  binarizeTwice(
    method: string,
    linear: DenseLinear,
    rule: DualBinaryRule,
    factor: FactorHandle,
  ): Promise<Binarized>;
  /**
   * One bit more for some groups of columns and one fewer for as many others (eval/math/bit-allocation.ts), then codes; weights of
   * dead inputs count as zero.
   * @param hessian, factor  by handles of the same operations, the latter in any state
   * @throws as roundToNearest
   */
  roundMixed(
    method: string,
    linear: DenseLinear,
    rule: MixedRule,
    hessian: HessianHandle,
    factor: FactorHandle,
  ): Promise<Binarized>;
  /** Some columns as a matrix of their own, int32 `[C]` numbers below K. On a device the result lasts until the next call. */
  takeColumns(linear: DenseLinear, columns: Int32Array): Promise<DenseLinear>;
  /** Σ(w − ŵ)² / Σw² of a linear and its packed form; 0 for an all-zero matrix. */
  relativeError(linear: DenseLinear, packed: PackedLinear): Promise<number>;
  readonly pruning: PruningOperations;
  /**
   * W·R (eval/math/rotation.ts), for inputs x·R. Valid until the next call of this function.
   * @throws method/shape
   */
  rotate(method: string, linear: DenseLinear, seed: number): Promise<DenseLinear>;
  readonly incoherence: IncoherenceOperations;
  /** What equivalent transformations need. */
  readonly rescaling: RescalingOperations;
  /** A Hessian that was computed on the host. */
  hessian(hessian: Hessian): HessianHandle;
  /**
   * Takes the memory of a packed linear that these operations made and nobody reads any more, for the next ones. Its bytes
   * are gone.
   */
  recycle?(packed: PackedLinear): void;
  /** Gives back memory that is kept from call to call; the next call takes what it needs. */
  release(): void;
}
