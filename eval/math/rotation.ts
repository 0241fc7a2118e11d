/**
 * Rotations that spread the outliers of a vector over all of its numbers. For vectors of K = 2^a·m numbers, m odd:
 *
 *     R = D · (H ⊗ C)
 *
 * with D random signs from a seed, H the Hadamard matrix of order 2^a over √2^a, and C the discrete Hartley transform of
 * order m, C_ij = (cos(2π·ij/m) + sin(2π·ij/m)) / √m, whose entries are at most √2/√m. Both are symmetric and their own
 * inverses, so R is orthogonal for every K; x·R takes K·(a + m) steps.
 * Source: Ashkboos et al. 2024, arXiv:2404.00456, §3, with known Hadamard matrices of orders other than 2^a where here is C.
 */

/** Of all rotations of recipes; recorded with what they rotate. */
export const ROTATION_SEED = 0;

/** D_kk: a bit of the murmur3 finalizer of the seed and the place. */
export function signAt(seed: number, k: number): 1 | -1 {
  let z = (seed + Math.imul(k + 1, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return ((z ^ (z >>> 16)) & 1) === 1 ? -1 : 1;
}

/** K = power · odd. */
export function rotationFactors(K: number): { readonly power: number; readonly odd: number } {
  let odd = K;
  while (odd % 2 === 0) odd /= 2;
  return { power: K / odd, odd };
}

/** `[m]`: C_ij is the value at ij mod m. */
export function hartleyValues(m: number): Float64Array {
  return Float64Array.from({ length: m }, (_, i) => {
    const angle = (2 * Math.PI * i) / m;
    return (Math.cos(angle) + Math.sin(angle)) / Math.sqrt(m);
  });
}

/** Rotates rows of K values in place: x·R, or x·Rᵀ with `inverse`. Sums in float64. */
export function rotateRows(
  values: Float32Array | Float64Array,
  K: number,
  seed: number,
  inverse = false,
): void {
  const { odd } = rotationFactors(K);
  const signs = Float64Array.from({ length: K }, (_, k) => signAt(seed, k));
  const hartley = hartleyValues(odd);
  const row = new Float64Array(K);
  for (let start = 0; start < values.length; start += K) {
    for (let k = 0; k < K; k++) row[k] = inverse ? values[start + k] : values[start + k] * signs[k];
    addHadamard(row, odd);
    if (odd > 1) addHartley(row, hartley);
    for (let k = 0; k < K; k++) values[start + k] = inverse ? row[k] * signs[k] : row[k];
  }
}

/** Of neighbours `odd`, 2·odd, 4·odd … apart: [a, b] → [a + b, a − b] / √2. */
function addHadamard(row: Float64Array, odd: number): void {
  for (let step = odd; step < row.length; step *= 2) {
    for (let block = 0; block < row.length; block += 2 * step) {
      for (let i = block; i < block + step; i++) {
        const [a, b] = [row[i], row[i + step]];
        row[i] = (a + b) * Math.SQRT1_2;
        row[i + step] = (a - b) * Math.SQRT1_2;
      }
    }
  }
}

function addHartley(row: Float64Array, values: Float64Array): void {
  const m = values.length;
  const before = new Float64Array(m);
  for (let start = 0; start < row.length; start += m) {
    before.set(row.subarray(start, start + m));
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += before[j] * values[(i * j) % m];
      row[start + i] = sum;
    }
  }
}

/** Rᵀ·A·R for symmetric A, float64 `[K, K]`; a new matrix. */
export function rotateBothSides(symmetric: Float64Array, K: number, seed: number): Float64Array {
  const rotated = symmetric.slice();
  rotateRows(rotated, K, seed);
  // Rᵀ·A = (A·R)ᵀ.
  transpose(rotated, K);
  rotateRows(rotated, K, seed);
  return rotated;
}

function transpose(square: Float64Array, K: number): void {
  for (let i = 0; i < K; i++) {
    for (let j = i + 1; j < K; j++) {
      const value = square[i * K + j];
      square[i * K + j] = square[j * K + i];
      square[j * K + i] = value;
    }
  }
}
