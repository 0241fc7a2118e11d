/**
 * Error feedback by the explicit inverse of the Hessian and its elimination column by column, as in `slow-gptq.ts`, with the
 * rounding left open. Arrays of arrays of doubles, no code of eval/.
 */
import { eliminate, invert } from './slow-gptq.ts';

export interface SlowFactor {
  /** Weights with zeros for dead inputs, `[N][K]`. */
  readonly weights: number[][];
  /** [H_{j:, j:}⁻¹]_{jj}: the U_jj² of the papers. */
  readonly pivots: number[];
  /** U_ij, i ≤ j. */
  readonly upper: number[][];
}

export function slowFactor(weight: number[][], hessian: number[][], damping: number): SlowFactor {
  const K = hessian.length;
  const h = hessian.map((row) => [...row]);
  const weights = weight.map((row) => row.map((value, k) => (h[k][k] === 0 ? 0 : value)));
  for (let k = 0; k < K; k++) if (h[k][k] === 0) h[k][k] = 1;
  const added = (damping * h.reduce((sum, row, k) => sum + row[k], 0)) / K;
  for (let k = 0; k < K; k++) h[k][k] += added;
  const inverse = invert(h);
  const pivots: number[] = [];
  const upper: number[][] = [];
  for (let k = 0; k < K; k++) {
    pivots.push(inverse[k][k]);
    upper.push(inverse[k].map((value) => value / Math.sqrt(inverse[k][k])));
    eliminate(inverse, k);
  }
  return { weights, pivots, upper };
}

/** Column by column, every later column corrected at once. Returns ŵ and the loss. */
export function slowFeedback(
  { weights, upper }: SlowFactor,
  round: (n: number, k: number, row: readonly number[]) => number,
): { readonly restored: number[][]; readonly loss: number } {
  let loss = 0;
  const restored = weights.map((row, n) => {
    const current = [...row];
    return row.map((_, k) => {
      const value = round(n, k, current);
      const error = (current[k] - value) / upper[k][k];
      loss += error * error;
      for (let j = k + 1; j < current.length; j++) current[j] -= error * upper[k][j];
      return value;
    });
  });
  return { restored, loss };
}

export const rowsOf = (values: ArrayLike<number>, K: number) =>
  Array.from({ length: values.length / K }, (_, n) => Array.from({ length: K }, (_, k) => values[n * K + k]));
