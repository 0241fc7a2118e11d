/** The heavy steps of pruning. */
import type { Sparsity } from '../../data/recipe.ts';
import type { PackedLinear } from '../formats/format.ts';
import type { DenseLinear, FactorHandle, GridRule, RoundedColumns } from './operations.ts';

export interface PruneRule {
  readonly sparsity: Sparsity;
  /** What a share is a share of; n of m neighbours in a row are the same in both. */
  readonly scope: 'matrix' | 'row';
  /** Float64 `[K]`, finite and not negative: a weight's score is |w| times that of its column; null: |w|. */
  readonly scale: Float64Array | null;
  /** Of the weights that are kept; null: they keep their values. */
  readonly grid: GridRule | null;
}

export interface PruneColumnsRule {
  readonly sparsity: Sparsity;
  /** Fitted to all updated weights of a group when its first column is reached; null: kept weights have the type of the original. */
  readonly grid: GridRule | null;
}

/** `method` is named in messages. */
export interface PruningOperations {
  /**
   * Removes the weights of the smallest scores: the nearest whole number to the share, of equal scores the first; with a
   * grid, what is left is rounded to nearest.
   * @throws as roundToNearest, and method/pattern
   */
  byScore(method: string, linear: DenseLinear, rule: PruneRule): Promise<PackedLinear>;
  /**
   * Removes weights column by column and lets the columns not yet done make up for it (eval/math/pruned-columns.ts); weights
   * of dead inputs become zero first.
   * @param factor  found, by a handle of the same operations, in the original order of columns
   * @throws as byScore, and method/pattern-group
   */
  byColumn(
    method: string,
    linear: DenseLinear,
    rule: PruneColumnsRule,
    factor: FactorHandle,
  ): Promise<RoundedColumns>;
}
