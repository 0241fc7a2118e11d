/** Replaces a matrix column by column, pushing each column's error into the columns not yet done. */
import { subtractProduct } from './subtract-product.ts';

/** Decides what becomes of every weight. It may read the loop's weights, which it is told of before the loop begins. */
export interface ColumnRounder {
  /** Called before each block of columns, when its weights carry the errors of all blocks before it. */
  beginBlock?(start: number, end: number): void;
  /**
   * ŵ of row n at a step, and what it has to note for it. Called in the order of steps within a row, and row by row within a
   * block; the row's weights from this step to the end of the block carry the errors of all steps before it.
   */
  round(n: number, step: number): number;
}

export interface ColumnLoop {
  readonly N: number;
  readonly K: number;
  /** Float64 `[N, K]`, columns in visiting order; holds the updated weights afterwards. */
  readonly weights: Float64Array;
  /** Upper triangular `[K, K]` with Uᵀ·U = H⁻¹, in visiting order. */
  readonly upper: Float64Array;
  /** Where a block ends that begins at a column: at most `BLOCK` columns further. */
  readonly blockEnd: (start: number) => number;
  readonly rounder: ColumnRounder;
  /**
   * Errors reach the later columns of the same block too. Without it later blocks alone make up for a block, as if its columns
   * had nothing to do with each other; the result is then no loss. @default true
   */
  readonly insideBlock?: boolean;
}

/** Columns whose errors are pushed into later columns together. */
export const BLOCK = 128;

/**
 * For each step i: e = (w_i − ŵ_i) / U_ii, and w_j −= e·U_ij for all later j: at once inside a block of columns, by one matrix
 * product for the columns behind it.
 * Source: Frantar et al. 2022, arXiv:2210.17323, Algorithm 1.
 * @returns Σ ((w − ŵ)_i / U_ii)² over all steps and rows, which equals Σ over rows of (w − ŵ) H (w − ŵ)ᵀ
 * Cost: N·K²/2 multiplications, N·K doubles.
 */
export function runColumns(loop: ColumnLoop): number {
  const { N, K, weights, upper } = loop;
  const errors = new Float64Array(N * BLOCK);
  const square = new Float64Array(BLOCK * BLOCK);
  let loss = 0;
  for (let start = 0; start < K; ) {
    const end = Math.min(K, loop.blockEnd(start));
    const columns = end - start;
    for (let i = 0; i < columns; i++) {
      const at = (start + i) * K + start;
      square.set(upper.subarray(at, at + columns), i * columns);
    }
    loop.rounder.beginBlock?.(start, end);
    for (let n = 0; n < N; n++) loss += runRow(loop, n, start, columns, square, errors);
    subtractProduct(
      { data: weights, at: end, stride: K },
      { data: errors, at: 0, stride: columns },
      { data: upper, at: start * K + end, stride: K },
      N,
      K - end,
      columns,
    );
    start = end;
  }
  return loss;
}

/** One row of one block; returns its share of the loss and leaves its errors in `errors[n]`. */
function runRow(
  { K, weights, rounder, insideBlock = true }: ColumnLoop,
  n: number,
  start: number,
  columns: number,
  square: Float64Array,
  errors: Float64Array,
): number {
  const row = n * K + start;
  let loss = 0;
  for (let i = 0; i < columns; i++) {
    const error = (weights[row + i] - rounder.round(n, start + i)) / square[i * columns + i];
    errors[n * columns + i] = error;
    loss += error * error;
    if (!insideBlock) continue;
    for (let j = i + 1; j < columns; j++) weights[row + j] -= error * square[i * columns + j];
  }
  return loss;
}

/**
 * The end of a block that holds whole groups, or a part of one, so that a group is begun with weights that carry every
 * earlier error, and whole runs.
 * @param run  neighbouring columns that are decided about together, at most BLOCK; it divides the group or the other way round
 */
export function blockEndOf(group: number, run = 1): (start: number) => number {
  const unit = Math.max(group, run);
  if (unit <= BLOCK) return (start) => start + Math.floor(BLOCK / unit) * unit;
  const width = Math.floor(BLOCK / run) * run;
  return (start) => Math.min(start + width, (Math.floor(start / group) + 1) * group);
}
