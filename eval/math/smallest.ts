/** Which weights pruning removes: those of the smallest scores, an exact number of them, ties in the order of their places. */
import type { Sparsity } from '../../data/recipe.ts';

/** How many of `size` weights a share removes: the nearest whole number. */
export function prunedCount(percent: number, size: number): number {
  return Math.round((size * percent) / 100);
}

/** Marks the `count` smallest of all scores with 1; of equal ones the first. Scores must not be NaN. */
export function markSmallest(scores: Float64Array, count: number): Uint8Array {
  const marks = new Uint8Array(scores.length);
  if (count === 0) return marks;
  const limit = Float64Array.from(scores).sort()[count - 1];
  let ties = count;
  for (const score of scores) if (score < limit) ties--;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < limit || (scores[i] === limit && ties-- > 0)) marks[i] = 1;
  }
  return marks;
}

/**
 * Marks the n smallest of m neighbours with 1; of equal ones the first.
 * @param from  of the first of them, in scores and marks alike
 */
export function markSmallestOf(
  scores: Float64Array,
  from: number,
  { n, m }: { readonly n: number; readonly m: number },
  marks: Uint8Array,
): void {
  for (let i = from; i < from + m; i++) {
    let before = 0;
    for (let j = from; j < from + m; j++)
      if (scores[j] < scores[i] || (scores[j] === scores[i] && j < i)) before++;
    marks[i] = before < n ? 1 : 0;
  }
}

/**
 * Marks what is removed with 1, `[N, K]`.
 * @param scores  `[N, K]`
 * @param scope   what a share is a share of; n of m neighbours in a row are the same in both
 */
export function pruneMask(
  scores: Float64Array,
  K: number,
  sparsity: Sparsity,
  scope: 'matrix' | 'row',
): Uint8Array {
  const marks = new Uint8Array(scores.length);
  if (sparsity.kind === 'n:m') {
    for (let from = 0; from < scores.length; from += sparsity.m)
      markSmallestOf(scores, from, sparsity, marks);
    return marks;
  }
  const size = scope === 'row' ? K : scores.length;
  for (let from = 0; from < scores.length; from += size) {
    marks.set(markSmallest(scores.subarray(from, from + size), prunedCount(sparsity.percent, size)), from);
  }
  return marks;
}
