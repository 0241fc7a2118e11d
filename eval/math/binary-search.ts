/** BiLLM's two searches in a block of columns: how many are salient, and where the others are split by size. */
import { residualError } from './residual.ts';

/** A block of columns, copied out: float64 `[N, G]`, row-major. */
export interface BlockValues {
  readonly N: number;
  readonly G: number;
  readonly values: Float64Array;
}

/** The published code tries 1 … 49 salient columns (Huang et al. 2024, code: up_lim 50, exclusive). */
export const MOST_SALIENT = 49;
/** The published code tries the quantiles 0.10, 0.11 … 0.90. */
const SPLITS = 81;
const FIRST_SPLIT = 0.1;
const SPLIT_STEP = 0.01;

/**
 * Columns by falling score, equal ones in their order; the first `count` of them are salient.
 * The count is that of 1 … min(49, G − 1) for which binarizing the salient columns and the others apart, both with order 2 and row
 * by row, leaves the smallest squared error of `values`.
 * @param scores  `[G]`
 * Cost: 49 · 8 passes over the block.
 */
export function searchSalient({ N, G, values }: BlockValues, scores: Float64Array): Uint8Array {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  const most = Math.min(MOST_SALIENT, G - 1);
  const errors = new Float64Array(most);
  const sorted = new Float64Array(G);
  const rest = new Float64Array(G);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < G; i++) sorted[i] = values[n * G + order[i]];
    for (let count = 1; count <= most; count++) {
      rest.set(sorted);
      errors[count - 1] += residualError(rest, 0, count, 2) + residualError(rest, count, G, 2);
    }
  }
  const isSalient = new Uint8Array(G);
  const best = errors.length === 0 ? 0 : indexOfLeast(errors) + 1;
  for (let i = 0; i < best; i++) isSalient[order[i]] = 1;
  return isSalient;
}

/**
 * The size |value| from which on a value outside the salient columns counts as sparse: that of 81 quantiles of those sizes for
 * which binarizing smaller and larger ones apart, row by row, leaves the smallest squared error.
 * @param withZeros  salient columns take part in the quantiles as zeros, as in the published code
 * Cost: 81 · 4 passes over the block and a sort of it.
 */
export function searchSplit(
  { N, G, values }: BlockValues,
  isSalient: Uint8Array,
  withZeros: boolean,
): number {
  const others = Uint32Array.from(isSalient.keys()).filter((j) => isSalient[j] === 0);
  const width = others.length;
  const sizes = new Float64Array(N * (withZeros ? G : width));
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < width; i++) sizes[n * width + i] = Math.abs(values[n * G + others[i]]);
  }
  sizes.sort();
  const splits = Float64Array.from({ length: SPLITS }, (_, i) => quantile(sizes, splitShare(i)));
  const errors = new Float64Array(SPLITS);
  const row = new Float64Array(width);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < SPLITS; i++) {
      let small = 0;
      let large = width;
      for (const j of others) {
        const value = values[n * G + j];
        if (Math.abs(value) < splits[i]) row[small++] = value;
        else row[--large] = value;
      }
      errors[i] += residualError(row, 0, small, 1) + residualError(row, small, width, 1);
    }
  }
  return splits[indexOfLeast(errors)];
}

/** The share below the i-th split. */
export function splitShare(i: number): number {
  return FIRST_SPLIT + SPLIT_STEP * i;
}

/** Between the two nearest values of a sorted array, linearly, as numpy.quantile does. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** The first of the smallest. */
function indexOfLeast(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] < values[best]) best = i;
  return best;
}
