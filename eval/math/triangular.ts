/** Factorization and inversion of symmetric positive definite matrices in float64, in blocks of 128. */
import { subtractProduct } from './subtract-product.ts';

const BLOCK = 128;

/**
 * U, upper triangular, with A⁻¹ = Uᵀ·U: what `cholesky(inverse(A), upper)` gives, without forming the inverse.
 * A = R·Rᵀ with R upper triangular (a Cholesky factorization from the last row to the first), and U = R⁻¹.
 * @param a  `[K, K]` symmetric; only the upper triangle is read; not modified
 * @returns  `[K, K]`, zeros below the diagonal; null where A is not numerically positive definite
 * Cost: K³/3 multiplications.
 */
export function upperFactorOfInverse(a: Float64Array, K: number): Float64Array | null {
  const factor = Float64Array.from(a);
  if (!upperCholesky(factor, K)) return null;
  invertUpper(factor, K);
  return factor;
}

/**
 * Replaces A by R, upper triangular, with A = R·Rᵀ. Returns false, A being spoilt, where a pivot is not clearly positive:
 * not more than K·2⁻⁵² of its diagonal entry, which is the size of the rounding errors in it.
 * Golub & Van Loan, Matrix Computations, §4.2, run backwards.
 */
export function upperCholesky(a: Float64Array, K: number): boolean {
  const diagonal = Float64Array.from({ length: K }, (_, i) => a[i * K + i]);
  const transposed = new Float64Array(BLOCK * K);
  for (let end = K; end > 0; end = Math.max(0, end - BLOCK)) {
    const start = Math.max(0, end - BLOCK);
    if (!factorDiagonalBlock(a, K, start, end, diagonal)) return false;
    solvePanel(a, K, start, end);
    subtractOuterProduct(a, K, start, end, transposed);
  }
  for (let i = 1; i < K; i++) a.fill(0, i * K, i * K + i);
  return true;
}

function factorDiagonalBlock(
  a: Float64Array,
  K: number,
  start: number,
  end: number,
  diagonal: Float64Array,
): boolean {
  const tolerance = K * 2 ** -52;
  for (let j = end - 1; j >= start; j--) {
    const pivot = a[j * K + j];
    if (!(pivot > tolerance * diagonal[j]) || !Number.isFinite(pivot)) return false;
    const root = Math.sqrt(pivot);
    a[j * K + j] = root;
    for (let i = start; i < j; i++) a[i * K + j] = a[i * K + j] / root;
    for (let i = start; i < j; i++) {
      const factor = a[i * K + j];
      for (let l = i; l < j; l++) a[i * K + l] = a[i * K + l] - factor * a[l * K + j];
    }
  }
  return true;
}

/** Rows above a factored diagonal block R: P ← P · R⁻ᵀ. */
function solvePanel(a: Float64Array, K: number, start: number, end: number): void {
  for (let i = 0; i < start; i++) {
    const row = i * K;
    for (let j = end - 1; j >= start; j--) {
      const pivotRow = j * K;
      let value = a[row + j];
      for (let t = j + 1; t < end; t++) value -= a[row + t] * a[pivotRow + t];
      a[row + j] = value / a[pivotRow + j];
    }
  }
}

/** A[0…start, 0…start] −= P · Pᵀ, upper triangle by whole tiles. */
function subtractOuterProduct(
  a: Float64Array,
  K: number,
  start: number,
  end: number,
  transposed: Float64Array,
): void {
  const width = end - start;
  for (let i = 0; i < start; i++) {
    for (let t = 0; t < width; t++) transposed[t * start + i] = a[i * K + start + t];
  }
  for (let r = 0; r < start; r += BLOCK) {
    const rows = Math.min(BLOCK, start - r);
    subtractProduct(
      { data: a, at: r * K + r, stride: K },
      { data: a, at: r * K + start, stride: K },
      { data: transposed, at: r, stride: start },
      rows,
      start - r,
      width,
    );
  }
}

/** Replaces an upper triangular R, zeros below its diagonal, by its inverse. */
export function invertUpper(r: Float64Array, K: number): void {
  const panel = new Float64Array(K * BLOCK);
  const inverse = new Float64Array(BLOCK * BLOCK);
  for (let start = 0; start < K; start += BLOCK) {
    const width = Math.min(BLOCK, K - start);
    multiplyByInverse(r, K, start, width, panel);
    invertDiagonalBlock(r, K, start, width, inverse);
    scalePanel(r, K, start, width, inverse);
  }
}

/** Columns of one block above the diagonal: P ← −(inverse of everything to its upper left) · P. */
function multiplyByInverse(
  r: Float64Array,
  K: number,
  start: number,
  width: number,
  panel: Float64Array,
): void {
  for (let i = 0; i < start; i++) {
    const row = i * K + start;
    for (let j = 0; j < width; j++) panel[i * width + j] = r[row + j];
    r.fill(0, row, row + width);
  }
  for (let i = 0; i < start; i += BLOCK) {
    subtractProduct(
      { data: r, at: i * K + start, stride: K },
      { data: r, at: i * K + i, stride: K },
      { data: panel, at: i * width, stride: width },
      Math.min(BLOCK, start - i),
      width,
      start - i,
    );
  }
}

function invertDiagonalBlock(
  r: Float64Array,
  K: number,
  start: number,
  width: number,
  inverse: Float64Array,
): void {
  inverse.fill(0);
  for (let j = 0; j < width; j++) {
    inverse[j * width + j] = 1 / r[(start + j) * K + start + j];
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      const row = (start + i) * K + start;
      for (let t = i + 1; t <= j; t++) sum += r[row + t] * inverse[t * width + j];
      inverse[i * width + j] = -sum / r[row + i];
    }
  }
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) r[(start + i) * K + start + j] = inverse[i * width + j];
  }
}

/** P ← P · (inverse of the diagonal block), row by row. */
function scalePanel(r: Float64Array, K: number, start: number, width: number, inverse: Float64Array): void {
  const row = new Float64Array(width);
  for (let i = 0; i < start; i++) {
    const at = i * K + start;
    row.fill(0);
    for (let t = 0; t < width; t++) {
      const factor = r[at + t];
      for (let j = t; j < width; j++) row[j] = row[j] + factor * inverse[t * width + j];
    }
    r.set(row, at);
  }
}
