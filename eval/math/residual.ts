/** Residual binarization: a sign around a mean for each value, and again for what is left of it. */

/**
 * Replaces `values[from … to)` by what `order` binarizations leave of them, and returns the squares of that. Each takes the
 * mean, then the mean distance from it, and subtracts mean ± distance; so none increases the sum of squares.
 * Source: Huang et al. 2024, arXiv:2402.04291, §3.2 (order 2); Rastegari et al. 2016, arXiv:1603.05279, §3.1 (order 1).
 */
export function residualError(values: Float64Array, from: number, to: number, order: number): number {
  for (let i = 0; i < order; i++) binarizeOnce(values, from, to);
  let error = 0;
  for (let i = from; i < to; i++) error += values[i] * values[i];
  return error;
}

function binarizeOnce(values: Float64Array, from: number, to: number): void {
  const count = to - from;
  if (count <= 0) return;
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  const mean = sum / count;
  let distance = 0;
  for (let i = from; i < to; i++) {
    values[i] -= mean;
    distance += Math.abs(values[i]);
  }
  distance /= count;
  for (let i = from; i < to; i++) values[i] -= values[i] >= 0 ? distance : -distance;
}
