/** DB-LLM on one matrix: each weight is the sum of two binaries, 0 or 1, times two numbers of its group. */
import { feedBack } from './block-feedback.ts';
import { blockEndOf } from './column-loop.ts';
import { roundToFloat16 } from './float16.ts';

export interface DualBinary {
  readonly N: number;
  readonly K: number;
  /** Group size G; divides K. */
  readonly group: number;
  /** `[N, K]`: b1 + 2·b2. */
  readonly codes: Uint8Array;
  /** `[N, K/G]`, representable in half precision: ŵ = first·b1 + second·b2. */
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** A pair that spans the levels 0, first, second and first + second. */
export interface DualLevels {
  first: number;
  second: number;
}

/** Shares of max|w| / 2 that the fit begins with, each with the longer arm up and down. */
const STARTS = [1, 0.8, 0.6, 0.4];
const ROUNDS = 8;

/**
 * Levels are fitted when the first column of a group is reached, on weights that carry every earlier error; signs are the nearest levels.
 * Source: Chen et al. 2024, arXiv:2402.11960, §3.1 (flexible dual binarization), with fitting in place of training.
 * @param weights     float64 `[N, K]`, finite; used up
 * @param upper       `[K, K]` with Uᵀ·U = H⁻¹; null: no error is fed back
 * @param importance  `[K]`, above 0: the weight of an error in a column, such as H_kk
 * Cost: N·K²/2 multiplications beside about 70 passes over the weights.
 */
export function binarizeTwice(
  weights: Float64Array,
  N: number,
  K: number,
  upper: Float64Array | null,
  importance: Float64Array,
  group: number,
): { readonly made: DualBinary; readonly loss: number | null } {
  const groups = K / group;
  const codes = new Uint8Array(N * K);
  const first = new Float32Array(N * groups);
  const second = new Float32Array(N * groups);
  const round = (n: number, k: number) => {
    const g = n * groups + Math.floor(k / group);
    if (k % group === 0) {
      const { first: a, second: b } = fitDual(weights, n * K + k, importance, k, group);
      first[g] = a;
      second[g] = b;
    }
    const at = n * K + k;
    codes[at] = nearest(weights[at], first[g], second[g]);
    return levelOf(codes[at], first[g], second[g]);
  };
  const loss = feedBack({ N, K, weights, upper, blockEnd: blockEndOf(group), rounder: { round } });
  return { made: { N, K, group, codes, first, second }, loss };
}

/** ŵ of a code. */
export function levelOf(code: number, first: number, second: number): number {
  return (code & 1) * first + (code >> 1) * second;
}

/** The code of the nearest level, the smallest of equally near ones. */
function nearest(weight: number, first: number, second: number): number {
  let best = 0;
  for (let code = 1; code < 4; code++) {
    if (Math.abs(weight - levelOf(code, first, second)) < Math.abs(weight - levelOf(best, first, second)))
      best = code;
  }
  return best;
}

/**
 * The pair with the least weighted squared error that alternating finds: nearest codes for a pair, then the least-squares pair for
 * those codes, from 2s and −s with a few s and both signs. The paper's own start, s = max|w| / 2, is one of them.
 */
export function fitDual(
  values: Float64Array,
  at: number,
  importance: Float64Array,
  column: number,
  length: number,
): DualLevels {
  let absmax = 0;
  for (let i = at; i < at + length; i++) absmax = Math.max(absmax, Math.abs(values[i]));
  const best: DualLevels = { first: 0, second: 0 };
  let least = Number.POSITIVE_INFINITY;
  for (const share of STARTS) {
    for (const sign of [1, -1]) {
      const s = (sign * share * absmax) / 2;
      let pair: DualLevels | null = { first: roundToFloat16(2 * s), second: roundToFloat16(-s) };
      for (let round = 0; pair !== null && round < ROUNDS; round++) {
        const { error, next } = refit(values, at, importance, column, length, pair);
        // A NaN error would never be the least; levels beyond half precision must reach the check of scales.
        if (error < least || Number.isNaN(error)) {
          least = error;
          Object.assign(best, pair);
        }
        pair = next;
      }
    }
  }
  return best;
}

/** The error of a pair with its nearest codes, and the least-squares pair for them; null where that is not determined. */
function refit(
  values: Float64Array,
  at: number,
  importance: Float64Array,
  column: number,
  length: number,
  { first, second }: DualLevels,
): { readonly error: number; readonly next: DualLevels | null } {
  let [error, a11, a12, a22, c1, c2] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    const h = importance[column + i];
    const w = values[at + i];
    const code = nearest(w, first, second);
    error += h * (w - levelOf(code, first, second)) ** 2;
    const b1 = code & 1;
    const b2 = code >> 1;
    a11 += h * b1;
    a12 += h * b1 * b2;
    a22 += h * b2;
    c1 += h * b1 * w;
    c2 += h * b2 * w;
  }
  const determinant = a11 * a22 - a12 * a12;
  if (!(determinant > 1e-12 * a11 * a22)) return { error, next: null };
  const next = {
    first: roundToFloat16((c1 * a22 - c2 * a12) / determinant),
    second: roundToFloat16((c2 * a11 - c1 * a12) / determinant),
  };
  return { error, next: next.first === first && next.second === second ? null : next };
}
