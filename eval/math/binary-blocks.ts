/** BiLLM on one matrix: blocks of columns are binarized as a whole, then later blocks make up for them. */

import { type BinaryLevels, fitBinary } from './binarize.ts';
import { searchSalient, searchSplit } from './binary-search.ts';
import { feedBack } from './block-feedback.ts';
import { roundToFloat16 } from './float16.ts';

export interface BinaryBlockRule {
  /** Columns of a block G, at most 128. */
  readonly group: number;
  /**
   * As the published code: both searches and the split work on salience w²/U_jj² in place of w, salient columns take part in the
   * quantiles as zeros, and the errors of a block are divided by diag(U) in place of being solved for.
   */
  readonly compat: boolean;
}

/** Numbers that a row of a block stores. */
export const LEVELS = 7;

export interface BinaryBlocks {
  readonly N: number;
  readonly K: number;
  /** Columns of a block G; divides K. */
  readonly group: number;
  /** `[K]`: 1 for a salient column. */
  readonly isSalient: Uint8Array;
  /**
   * `[N, K]`, two bits. Bit 0 is the sign, 1 for plus. Bit 1 is the sign of the residual in a salient column, and elsewhere 1 for
   * a weight of the sparse part, 0 for one of the concentrated part.
   */
  readonly codes: Uint8Array;
  /**
   * `[N, K/G, 7]`, representable in half precision: mean, first and second distance of salient columns; mean and distance of
   * the concentrated part; mean and distance of the sparse part.
   */
  readonly levels: Float32Array;
}

/**
 * ŵ = mean ± first ± second in salient columns, mean ± distance elsewhere, each part of a row of a block with its own levels.
 * Source: Huang et al. 2024, arXiv:2402.04291, Algorithms 1 and 2.
 * @param weights  float64 `[N, K]`, finite; used up
 * @param upper    `[K, K]` with Uᵀ·U = H⁻¹; null: salience is w² and no error is fed back
 * Cost: about 130 · 6 · N·K for the searches, N·K²/2 for the feedback.
 */
export function binarizeBlocks(
  weights: Float64Array,
  N: number,
  K: number,
  upper: Float64Array | null,
  { group, compat }: BinaryBlockRule,
): { readonly made: BinaryBlocks; readonly loss: number | null } {
  const made: BinaryBlocks = {
    ...{ N, K, group, isSalient: new Uint8Array(K), codes: new Uint8Array(N * K) },
    levels: new Float32Array(N * (K / group) * LEVELS),
  };
  const beginBlock = (start: number) => binarizeBlock(weights, upper, made, start, compat);
  const round = (n: number, k: number) => restoreWeight(made, n, k);
  const blockEnd = (start: number) => start + group;
  const feedback = { N, K, weights, upper, blockEnd, insideBlock: !compat };
  return { made, loss: feedBack({ ...feedback, rounder: { beginBlock, round } }) };
}

/** ŵ of row n and column k, in double precision. */
export function restoreWeight(
  { K, group, isSalient, codes, levels }: BinaryBlocks,
  n: number,
  k: number,
): number {
  const code = codes[n * K + k];
  const at = (n * (K / group) + Math.floor(k / group)) * LEVELS;
  const sign = (code & 1) === 1 ? 1 : -1;
  if (isSalient[k] === 1) {
    return levels[at] + sign * levels[at + 1] + (code >= 2 ? levels[at + 2] : -levels[at + 2]);
  }
  const part = at + (code >= 2 ? 5 : 3);
  return levels[part] + sign * levels[part + 1];
}

function binarizeBlock(
  weights: Float64Array,
  upper: Float64Array | null,
  made: BinaryBlocks,
  start: number,
  compat: boolean,
): void {
  const { N, K, group: G } = made;
  const values = new Float64Array(N * G);
  for (let n = 0; n < N; n++) values.set(weights.subarray(n * K + start, n * K + start + G), n * G);
  const salience = values.map((value, i) => {
    const k = start + (i % G);
    return (value / (upper === null ? 1 : upper[k * K + k])) ** 2;
  });
  const scores = new Float64Array(G);
  for (let i = 0; i < salience.length; i++) scores[i % G] += salience[i];
  const searched = { N, G, values: compat ? salience : values };
  const isSalient = searchSalient(searched, scores);
  const split = searchSplit(searched, isSalient, compat);
  made.isSalient.set(isSalient, start);
  const parts = Uint8Array.from(searched.values, (value, i) =>
    isSalient[i % G] === 1 ? SALIENT : Math.abs(value) < split ? CONCENTRATED : SPARSE,
  );
  for (let n = 0; n < N; n++) binarizeRow(made, values, parts, n, start);
}

/** Parts of a block; the last two are the value of bit 1 of a code. */
const CONCENTRATED = 0;
const SPARSE = 1;
const SALIENT = 2;

const fitted: BinaryLevels = { mean: 0, deviation: 0 };

/** Levels and codes of one row of a block. */
function binarizeRow(
  { K, group: G, codes, levels }: BinaryBlocks,
  values: Float64Array,
  parts: Uint8Array,
  n: number,
  start: number,
): void {
  const from = n * G;
  const to = n * K + start;
  const at = (n * (K / G) + start / G) * LEVELS;
  for (const part of [CONCENTRATED, SPARSE]) {
    fitBinary(values, { mask: parts, wanted: part }, from, G, fitted);
    levels[at + 3 + 2 * part] = fitted.mean;
    levels[at + 4 + 2 * part] = fitted.deviation;
    for (let j = 0; j < G; j++) {
      if (parts[from + j] === part) codes[to + j] = 2 * part + Number(values[from + j] >= fitted.mean);
    }
  }
  const salient = [...parts.subarray(from, from + G).keys()].filter((j) => parts[from + j] === SALIENT);
  const average = (f: (j: number) => number) => {
    let sum = 0;
    for (const j of salient) sum += f(j);
    return salient.length === 0 ? 0 : sum / salient.length;
  };
  const mean = average((j) => values[from + j]);
  const first = roundToFloat16(average((j) => Math.abs(values[from + j] - mean)));
  const rest = (j: number) => {
    const value = values[from + j] - mean;
    return value >= 0 ? value - first : value + first;
  };
  const second = average(rest);
  levels[at] = roundToFloat16(mean + second);
  levels[at + 1] = first;
  levels[at + 2] = roundToFloat16(average((j) => Math.abs(rest(j) - second)));
  for (const j of salient) {
    codes[to + j] = Number(values[from + j] >= mean) + 2 * Number(rest(j) >= second);
  }
}
