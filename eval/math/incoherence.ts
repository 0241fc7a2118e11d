/**
 * The basis in which no weight stands out: W' = U·W·diag(d)·Vᵀ, H' = V·diag(1/d)·H·diag(1/d)·Vᵀ with random orthogonal U, V.
 * Then tr(W'·H'·W'ᵀ) = tr(W·H·Wᵀ), so that what is rounded well there is rounded well here.
 * Source: Chee et al. 2023, arXiv:2307.13304, §4 and Algorithms 1 and 2.
 */
import { type Butterfly, type ButterflySide, type ButterflyStage, butterflyOf } from './butterfly.ts';
import { decodeFloat16, encodeFloat16, FLOAT16_TINY, roundToFloat16 } from './float16.ts';

export interface Incoherence {
  /** U and V come from it. */
  readonly seed: number;
  /** d, `[K]`, representable in half precision. */
  readonly columns: Float64Array;
}

/** Chee et al. 2023, code: diagonals below this share of the largest count as this much. */
const SMALLEST_SHARE = 1e-8;
const SMALLEST_FACTOR = 2 ** -14;

/**
 * d_j = (H_jj / (Wᵀ·W)_jj)^(1/4), over their mean, in half precision: both matrices then have columns of like size.
 * @param diagonal  H_jj
 * @param squares   (Wᵀ·W)_jj
 */
export function columnFactors(diagonal: Float64Array, squares: Float64Array): Float64Array {
  const least = (values: Float64Array) =>
    SMALLEST_SHARE * values.reduce((most, value) => Math.max(most, value), 0);
  const [h, w] = [least(diagonal), least(squares)];
  const factors = diagonal.map((value, j) =>
    w === 0 || h === 0 ? 1 : (Math.max(value, h) / Math.max(squares[j], w)) ** 0.25,
  );
  const mean = factors.reduce((sum, factor) => sum + factor, 0) / factors.length;
  const halves = encodeFloat16(
    Float32Array.from(factors, (factor) => Math.max(factor / mean, SMALLEST_FACTOR)),
  );
  return Float64Array.from(decodeFloat16(halves));
}

/** Chee et al. 2023, code: the grid of a matrix ends at so many root mean squares. */
const GRID_DEVIATIONS = 2.4;

/** s, in half precision: codes 0…2^b − 1 stand for −s…s. Not finite where it is too large for that. */
export function gridEnd(columns: Float64Array, squares: Float64Array, N: number): number {
  const sum = columns.reduce((total, factor, j) => total + factor ** 2 * squares[j], 0);
  const rms = Math.sqrt(sum / (N * columns.length));
  return Math.max(roundToFloat16(GRID_DEVIATIONS * rms), FLOAT16_TINY);
}

/** Which numbers of an axis are mixed how, multiplied by others before and after. */
export interface Mixing {
  readonly axis: ButterflySide;
  readonly stage: ButterflyStage;
  readonly before: Float64Array | null;
  readonly after: Float64Array | null;
}

/** The steps from W `[N, K]` to W', or back with `inverse`. `columns` are the numbers of a row. */
export function weightMixings(
  N: number,
  { seed, columns }: Incoherence,
  inverse: boolean,
): readonly Mixing[] {
  const [U, V] = [butterflyOf(N, 'rows', seed), butterflyOf(columns.length, 'columns', seed)];
  if (!inverse) return [...steps('columns', V.forward, columns), ...steps('rows', U.forward)];
  const inverses = columns.map((factor) => 1 / factor);
  return [...steps('rows', U.inverse), ...steps('columns', V.inverse, null, inverses)];
}

/** The steps from H `[K, K]` to H'. */
export function hessianMixings({ seed, columns }: Incoherence): readonly Mixing[] {
  const { forward } = butterflyOf(columns.length, 'columns', seed);
  const inverses = columns.map((factor) => 1 / factor);
  return [...steps('columns', forward, inverses), ...steps('rows', forward, inverses)];
}

function steps(
  axis: ButterflySide,
  [first, second]: Butterfly['forward'],
  before: Float64Array | null = null,
  after: Float64Array | null = null,
): readonly Mixing[] {
  return [
    { axis, stage: first, before, after: null },
    { axis, stage: second, before: null, after },
  ];
}

/** All steps in turn; a new matrix. */
export function mixed(x: Float64Array, mixings: readonly Mixing[]): Float64Array {
  return mixings.reduce(
    (matrix, mixing) => (mixing.axis === 'columns' ? mixRows : mixColumns)(matrix, mixing),
    x,
  );
}

/** Each row of `[M, n]`. */
function mixRows(x: Float64Array, { stage, before, after }: Mixing): Float64Array {
  const { n, terms, stride, first, from, table } = stage;
  const out = new Float64Array(x.length);
  const row = new Float64Array(n);
  for (let start = 0; start < x.length; start += n) {
    for (let i = 0; i < n; i++) row[i] = x[start + from[i]] * (before?.[from[i]] ?? 1);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < terms; j++) sum += table[j * n + i] * row[first[i] + j * stride];
      out[start + i] = sum * (after?.[i] ?? 1);
    }
  }
  return out;
}

/** Each column of `[n, K]`. */
function mixColumns(x: Float64Array, { stage, before, after }: Mixing): Float64Array {
  const { n, terms, stride, first, from, table } = stage;
  const K = x.length / n;
  const out = new Float64Array(x.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < terms; j++) {
      const source = from[first[i] + j * stride];
      const factor = table[j * n + i] * (before?.[source] ?? 1) * (after?.[i] ?? 1);
      for (let k = 0; k < K; k++) out[i * K + k] += factor * x[source * K + k];
    }
  }
  return out;
}
