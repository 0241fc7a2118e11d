/** Pruning in the column loop: SparseGPT's way to choose what goes, whatever becomes of the rest. */
import type { Sparsity } from '../../data/recipe.ts';
import type { ColumnRounder } from './column-loop.ts';
import { markSmallest, markSmallestOf, prunedCount } from './smallest.ts';

export interface PrunedColumnsParts {
  readonly N: number;
  readonly K: number;
  /** Those of the loop, float64 `[N, K]`. */
  readonly weights: Float64Array;
  /** Upper triangular `[K, K]` with Uᵀ·U = H⁻¹. */
  readonly upper: Float64Array;
  readonly sparsity: Sparsity;
  /** For the weights that stay. It is asked about all of them, since a grid may begin with one that goes. */
  readonly kept: ColumnRounder;
}

/**
 * The weights with the least w² / U_jj², which are those with the least |w / U_jj|, become zero: a share of all rows of a block of columns when the block begins, or n of
 * m neighbours of a row when the first of them is reached, which then carry the errors of every column before them.
 * Source: Frantar and Alistarh 2023, arXiv:2301.00774, Algorithm 1 and §3.4.
 */
export class PrunedColumns implements ColumnRounder {
  /** `[N, K]`: 1 for weights that are removed. */
  readonly pruned: Uint8Array;
  readonly #parts: PrunedColumnsParts;
  readonly #diagonal: Float64Array;
  readonly #scores: Float64Array;
  readonly #marks: Uint8Array;

  constructor(parts: PrunedColumnsParts) {
    const { N, K, upper, sparsity } = parts;
    this.#parts = parts;
    this.pruned = new Uint8Array(N * K);
    this.#diagonal = Float64Array.from({ length: K }, (_, k) => upper[k * K + k]);
    const m = sparsity.kind === 'n:m' ? sparsity.m : 0;
    this.#scores = new Float64Array(m);
    this.#marks = new Uint8Array(m);
  }

  beginBlock(start: number, end: number): void {
    const { N, K, weights, sparsity, kept } = this.#parts;
    kept.beginBlock?.(start, end);
    if (sparsity.kind === 'n:m') return;
    const columns = end - start;
    const scores = new Float64Array(N * columns);
    for (let n = 0, i = 0; n < N; n++)
      for (let k = start; k < end; k++, i++) scores[i] = Math.abs(weights[n * K + k] / this.#diagonal[k]);
    // Counted over all columns so far, the blocks together remove the share exactly.
    const count = prunedCount(sparsity.percent, N * end) - prunedCount(sparsity.percent, N * start);
    const marks = markSmallest(scores, count);
    for (let n = 0; n < N; n++)
      this.pruned.set(marks.subarray(n * columns, (n + 1) * columns), n * K + start);
  }

  round(n: number, step: number): number {
    const { K, sparsity, kept } = this.#parts;
    if (sparsity.kind === 'n:m' && step % sparsity.m === 0) this.#chooseOf(sparsity, n * K + step, step);
    const value = kept.round(n, step);
    return this.pruned[n * K + step] === 1 ? 0 : value;
  }

  #chooseOf(sparsity: Sparsity & { readonly kind: 'n:m' }, at: number, step: number): void {
    const { weights } = this.#parts;
    for (let i = 0; i < sparsity.m; i++)
      this.#scores[i] = Math.abs(weights[at + i] / this.#diagonal[step + i]);
    markSmallestOf(this.#scores, 0, sparsity, this.#marks);
    this.pruned.set(this.#marks, at);
  }
}
