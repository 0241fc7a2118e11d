/** Rounds a matrix column by column, pushing each column's rounding error into the columns not yet done. */
import { type AffineGrid, type AffineRule, fitGrid, quantize } from './affine.ts';
import { subtractProduct } from './subtract-product.ts';

/** Grids of all groups, `[N, K/G]` each. */
export interface Grids {
  readonly scales: Float64Array;
  readonly zeros: Int16Array;
}

export interface ColumnLoop {
  readonly N: number;
  readonly K: number;
  /** Float64 `[N, K]`, columns in visiting order; holds the updated weights afterwards. */
  readonly weights: Float64Array;
  /** Upper triangular `[K, K]` with Uᵀ·U = H⁻¹, in visiting order. */
  readonly upper: Float64Array;
  readonly rule: AffineRule;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[K]`: the group of the column visited at each step. */
  readonly groupOfStep: Uint16Array;
  readonly grids: Grids;
  /** Fit a group's grid when its first column is reached, from the updated weights; else `grids` is final. */
  readonly fit: boolean;
}

export interface ColumnLoopResult {
  /** `[N, K]`, columns in visiting order. */
  readonly codes: Uint8Array;
  /** Σ ((w − ŵ)_i / U_ii)² over all steps and rows, which equals Σ over rows of (w − ŵ) H (w − ŵ)ᵀ. */
  readonly loss: number;
}

/** Columns whose errors are pushed into later columns together. */
const BLOCK = 128;

/**
 * For each step i: ŵ_i on its grid, e = (w_i − ŵ_i) / U_ii, and w_j −= e·U_ij for all later j: at once inside a block of
 * columns, by one matrix product for the columns behind it. A block holds whole groups, or a part of one, so a grid is
 * always fitted on weights that carry every earlier correction.
 * Source: Frantar et al. 2022, arXiv:2210.17323, Algorithm 1.
 * Cost: N·K²/2 multiplications, N·K doubles.
 */
export function roundColumns(loop: ColumnLoop): ColumnLoopResult {
  const { N, K, weights, upper } = loop;
  const codes = new Uint8Array(N * K);
  const errors = new Float64Array(N * BLOCK);
  const square = new Float64Array(BLOCK * BLOCK);
  const width = blockWidth(loop.group);
  let loss = 0;
  for (let start = 0; start < K; ) {
    const end = Math.min(K, start + width, loop.group > BLOCK ? nextBoundary(start, loop.group) : K);
    const columns = end - start;
    for (let i = 0; i < columns; i++) {
      const at = (start + i) * K + start;
      square.set(upper.subarray(at, at + columns), i * columns);
    }
    for (let n = 0; n < N; n++) loss += roundRow(loop, n, start, columns, square, errors, codes);
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
  return { codes, loss };
}

/** Whole groups where several fit into a block. */
function blockWidth(group: number): number {
  return group <= BLOCK ? Math.floor(BLOCK / group) * group : BLOCK;
}

function nextBoundary(start: number, group: number): number {
  return (Math.floor(start / group) + 1) * group;
}

const grid: AffineGrid = { scale: 0, zero: 0 };

/** One row of one block; returns its share of the loss and leaves its errors in `errors[n]`. */
function roundRow(
  loop: ColumnLoop,
  n: number,
  start: number,
  columns: number,
  square: Float64Array,
  errors: Float64Array,
  codes: Uint8Array,
): number {
  const { weights, groupOfStep, grids, group } = loop;
  const maxCode = 2 ** loop.rule.bits - 1;
  const row = n * loop.K + start;
  const gridRow = n * (loop.K / group);
  let loss = 0;
  for (let i = 0; i < columns; i++) {
    const g = gridRow + groupOfStep[start + i];
    if (loop.fit && (start + i) % group === 0) {
      fitGrid(weights, row + i, group, loop.rule, grid);
      grids.scales[g] = grid.scale;
      grids.zeros[g] = grid.zero;
    }
    const weight = weights[row + i];
    const code = quantize(weight, grids.scales[g], grids.zeros[g], maxCode);
    codes[row + i] = code;
    const error = (weight - grids.scales[g] * (code - grids.zeros[g])) / square[i * columns + i];
    errors[n * columns + i] = error;
    loss += error * error;
    for (let j = i + 1; j < columns; j++) weights[row + j] -= error * square[i * columns + j];
  }
  return loss;
}
