/** The column loop for matrices that may have no factor of their Hessian. */
import { type ColumnRounder, runColumns } from './column-loop.ts';

export interface BlockFeedback {
  readonly N: number;
  readonly K: number;
  /** Float64 `[N, K]`, used up. */
  readonly weights: Float64Array;
  /** Upper triangular `[K, K]` with Uᵀ·U = H⁻¹; null: nothing is corrected. */
  readonly upper: Float64Array | null;
  /** Where a block ends that begins at a column: at most 128 columns further; the last one ends at K. */
  readonly blockEnd: (start: number) => number;
  /** Whether errors reach the later columns of the same block. @default true */
  readonly insideBlock?: boolean;
  readonly rounder: ColumnRounder;
}

/** The loss of `runColumns`; null where there is no factor. */
export function feedBack({ upper, ...loop }: BlockFeedback): number | null {
  if (upper !== null) return runColumns({ ...loop, upper });
  const { N, K, rounder, blockEnd } = loop;
  for (let start = 0, end = 0; start < K; start = end) {
    end = Math.min(K, blockEnd(start));
    rounder.beginBlock?.(start, end);
    for (let n = 0; n < N; n++) for (let k = start; k < end; k++) rounder.round(n, k);
  }
  return null;
}
