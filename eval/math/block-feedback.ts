/** The column loop for matrices that may have no factor of their Hessian. */
import { type ColumnRounder, runColumns } from './column-loop.ts';

export interface BlockFeedback {
  readonly N: number;
  readonly K: number;
  /** Float64 `[N, K]`, used up. */
  readonly weights: Float64Array;
  /** Upper triangular `[K, K]` with Uᵀ·U = H⁻¹; null: nothing is corrected. */
  readonly upper: Float64Array | null;
  /** Columns of a block, at most 128; the last one may be narrower. */
  readonly width: number;
  /** Whether errors reach the later columns of the same block. */
  readonly insideBlock: boolean;
  readonly rounder: ColumnRounder;
}

/** The loss of `runColumns`; null where there is no factor. */
export function feedBack({ upper, width, ...loop }: BlockFeedback): number | null {
  const blockEnd = (start: number) => start + width;
  if (upper !== null) return runColumns({ ...loop, upper, blockEnd });
  const { N, K, rounder } = loop;
  for (let start = 0; start < K; start += width) {
    const end = Math.min(K, start + width);
    rounder.beginBlock?.(start, end);
    for (let n = 0; n < N; n++) for (let k = start; k < end; k++) rounder.round(n, k);
  }
  return null;
}
