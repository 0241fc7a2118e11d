/** Codes that were chosen column by column, once more: each takes the value that is best beside all others. */
import { quantize } from './affine.ts';

export interface ColumnDescent {
  readonly N: number;
  readonly K: number;
  /** W, float64 `[N, K]`, columns in visiting order. */
  readonly weights: Float64Array;
  /** H, float64 `[K, K]`, symmetric with a positive diagonal, in visiting order. */
  readonly hessian: Float64Array;
  /** `[N, K]` in visiting order; replaced by better ones. */
  readonly codes: Uint8Array;
  /** One grid for the whole matrix. */
  readonly scale: number;
  readonly zero: number;
  readonly maxCode: number;
  /** Over all columns; a row ends earlier where a pass changes nothing. */
  readonly passes: number;
}

/**
 * In each pass for each column i: ŵ_i becomes the value of the grid that is nearest to ŵ_i − ((ŵ − w)·H)_i / H_ii, which has the
 * least (ŵ − w)·H·(ŵ − w)ᵀ while all other columns stay as they are. So no step makes it larger.
 * Source: Chee et al. 2023, arXiv:2307.13304, the greedy updates of LDLQ-RG, and their code.
 * @returns Σ over rows of (ŵ − w)·H·(ŵ − w)ᵀ
 * Cost: N·K² multiplications, and K more for every code that changes.
 */
export function descend(given: ColumnDescent): number {
  const slopes = new Float64Array(given.K);
  let loss = 0;
  for (let n = 0; n < given.N; n++) {
    findSlopes(given, n, slopes);
    let left = given.passes;
    while (left > 0 && passRow(given, n, slopes)) left -= 1;
    for (let i = 0; i < given.K; i++) loss += errorAt(given, n * given.K + i) * slopes[i];
  }
  return loss;
}

function errorAt({ weights, codes, scale, zero }: ColumnDescent, at: number): number {
  return scale * (codes[at] - zero) - weights[at];
}

/** (ŵ − w)·H of a row. */
function findSlopes(given: ColumnDescent, n: number, slopes: Float64Array): void {
  const { K, hessian } = given;
  slopes.fill(0);
  for (let j = 0; j < K; j++) {
    const error = errorAt(given, n * K + j);
    for (let i = 0; i < K; i++) slopes[i] += error * hessian[j * K + i];
  }
}

/** Returns whether a code changed. */
function passRow(given: ColumnDescent, n: number, slopes: Float64Array): boolean {
  const { K, hessian, codes, scale, zero, maxCode } = given;
  let isChanged = false;
  for (let i = 0; i < K; i++) {
    const at = n * K + i;
    const best = scale * (codes[at] - zero) - slopes[i] / hessian[i * K + i];
    const code = quantize(best, scale, zero, maxCode);
    if (code === codes[at]) continue;
    const step = scale * (code - codes[at]);
    for (let j = 0; j < K; j++) slopes[j] += step * hessian[i * K + j];
    codes[at] = code;
    isChanged = true;
  }
  return isChanged;
}
