/** Error feedback for any kind of rounding: what a block of columns loses is made up for by the columns behind it. */
import { subtractProduct } from './subtract-product.ts';

/** Decides what becomes of every weight. It may read the weights of the loop, which it is told of before. */
export interface ColumnRounder {
  /** Called before each block of columns, whose weights then carry the errors of all blocks before it. */
  beginBlock?(start: number, end: number): void;
  /** ŵ of row n and column k, and what it has to note for it. */
  round(n: number, k: number): number;
}

export interface BlockFeedback {
  readonly N: number;
  readonly K: number;
  /** Float64 `[N, K]`, used up. */
  readonly weights: Float64Array;
  /** Upper triangular `[K, K]` with Uᵀ·U = H⁻¹; null: nothing is corrected. */
  readonly upper: Float64Array | null;
  /** Columns of a block; the last one may be narrower. */
  readonly width: number;
  /**
   * Corrections reach the later columns of the same block too: the E of a block solves E·U_bb = W_b − Ŵ_b, so that later
   * columns get the least-squares answer to what the block lost. Without: E = (W_b − Ŵ_b) / diag(U_bb).
   */
  readonly insideBlock: boolean;
  readonly rounder: ColumnRounder;
}

/**
 * Visits blocks of columns from left to right: ŵ of each column by the rounder, e_i = (w_i − ŵ_i) / U_ii, and w_j −= e_i·U_ij.
 * Source: Frantar et al. 2022, arXiv:2210.17323, Algorithm 1, with the rounding left open.
 * @returns Σ e² over all rows and columns. With corrections inside blocks it is Σ over rows of (w − ŵ) H (w − ŵ)ᵀ.
 * Cost: N·K²/2 multiplications beside the rounder.
 */
export function feedBack(feedback: BlockFeedback): number {
  const { N, K, weights, upper, width, rounder } = feedback;
  const errors = new Float64Array(N * width);
  let loss = 0;
  for (let start = 0; start < K; start += width) {
    const end = Math.min(K, start + width);
    rounder.beginBlock?.(start, end);
    for (let n = 0; n < N; n++) loss += roundRow(feedback, n, start, end, errors);
    if (upper === null) continue;
    subtractProduct(
      { data: weights, at: end, stride: K },
      { data: errors, at: 0, stride: width },
      { data: upper, at: start * K + end, stride: K },
      N,
      K - end,
      end - start,
    );
  }
  return loss;
}

/** One row of one block; returns its share of the loss and leaves its errors in `errors[n]`. */
function roundRow(
  { K, weights, upper, width, insideBlock, rounder }: BlockFeedback,
  n: number,
  start: number,
  end: number,
  errors: Float64Array,
): number {
  const row = n * K;
  let loss = 0;
  for (let k = start; k < end; k++) {
    const difference = weights[row + k] - rounder.round(n, k);
    if (upper === null) continue;
    const error = difference / upper[k * K + k];
    errors[n * width + k - start] = error;
    loss += error * error;
    if (!insideBlock) continue;
    for (let j = k + 1; j < end; j++) weights[row + j] -= error * upper[k * K + j];
  }
  return loss;
}
