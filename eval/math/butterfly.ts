/**
 * Random orthogonal matrices that take few steps: for n = p·q numbers, seen as a p × q matrix between two random
 * permutations, every column is turned by a random orthogonal p × p matrix of its own, then every row by a q × q matrix.
 * Source: Chee et al. 2023, arXiv:2307.13304, §4.1, and its code ("butterfly"), which splits the prime factors of n in turn;
 * here p is the largest divisor up to √n.
 */
import { createRng, type Rng } from './rng.ts';

/** One of the two products, on vectors of n numbers: out_i = Σ_j table[j·n + i] · x[from[first_i + j·stride]], j < terms. */
export interface ButterflyStage {
  readonly n: number;
  readonly terms: number;
  readonly stride: number;
  /** `[n]`. */
  readonly first: Int32Array;
  /** `[n]`. */
  readonly from: Int32Array;
  /** `[n]`: places of results, the `terms` of each group, which have one `first`, together. */
  readonly members: Int32Array;
  /** `[terms, n]`. */
  readonly table: Float64Array;
}

/** B as two stages, one after the other, and Bᵀ. */
export interface Butterfly {
  readonly forward: readonly [ButterflyStage, ButterflyStage];
  readonly inverse: readonly [ButterflyStage, ButterflyStage];
}

/** Rows and columns of a square matrix are turned by different ones. */
export type ButterflySide = 'rows' | 'columns';

/** Made once a seed, side and width, of which a model has few; kept while the process lives. */
const made = new Map<string, Butterfly>();

export function butterflyOf(n: number, side: ButterflySide, seed: number): Butterfly {
  const key = `${n} ${side} ${seed}`;
  const butterfly =
    made.get(key) ?? makeButterfly(n, createRng(4 * n + (side === 'rows' ? 1 : 0) + 2 ** 34 * seed));
  made.set(key, butterfly);
  return butterfly;
}

/** The largest divisor of n up to √n. */
export function smallerFactor(n: number): number {
  let p = Math.floor(Math.sqrt(n));
  while (n % p !== 0) p -= 1;
  return p;
}

function makeButterfly(n: number, rng: Rng): Butterfly {
  const p = smallerFactor(n);
  const q = n / p;
  const before = permutation(n, rng);
  const after = permutation(n, rng);
  const ofColumn = Array.from({ length: q }, () => randomOrthogonal(p, rng));
  const ofRow = Array.from({ length: p }, () => randomOrthogonal(q, rng));
  const places = Int32Array.from({ length: n }, (_, i) => i);
  const column = (i: number) => ({ matrix: ofColumn[i % q], line: Math.floor(i / q), first: i % q });
  const row = (i: number) => ({ matrix: ofRow[Math.floor(i / q)], line: i % q, first: i - (i % q) });
  const [p2, q1] = [
    { terms: p, stride: q },
    { terms: q, stride: 1 },
  ];
  return {
    forward: [stage(p2, before, places, column, false), stage(q1, places, after, row, false)],
    inverse: [
      stage(q1, inverseOf(after), places, row, true),
      stage(p2, places, inverseOf(before), column, true),
    ],
  };
}

/** @param out  the place in the p × q matrix that each result is */
function stage(
  { terms, stride }: Pick<ButterflyStage, 'terms' | 'stride'>,
  from: Int32Array,
  out: Int32Array,
  lineAt: (i: number) => { matrix: Float64Array; line: number; first: number },
  transposed: boolean,
): ButterflyStage {
  const n = from.length;
  const first = new Int32Array(n);
  const table = new Float64Array(terms * n);
  for (let i = 0; i < n; i++) {
    const { matrix, line, first: start } = lineAt(out[i]);
    first[i] = start;
    for (let j = 0; j < terms; j++) {
      table[j * n + i] = matrix[transposed ? j * terms + line : line * terms + j];
    }
  }
  const members = Int32Array.from(first.keys()).sort((a, b) => first[a] - first[b] || a - b);
  return { n, terms, stride, first, from, members, table };
}

/** A draw from all orthogonal matrices of an order, row-major: Gram–Schmidt on rows of normal numbers, twice for accuracy. */
export function randomOrthogonal(order: number, rng: Rng): Float64Array {
  const matrix = Float64Array.from({ length: order * order }, () => rng.normal());
  for (let i = 0; i < order; i++) {
    const row = matrix.subarray(i * order, (i + 1) * order);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = matrix.subarray(j * order, (j + 1) * order);
        let dot = 0;
        for (let k = 0; k < order; k++) dot += row[k] * other[k];
        for (let k = 0; k < order; k++) row[k] -= dot * other[k];
      }
    }
    let square = 0;
    for (let k = 0; k < order; k++) square += row[k] ** 2;
    const factor = 1 / Math.sqrt(square);
    for (let k = 0; k < order; k++) row[k] *= factor;
  }
  return matrix;
}

function permutation(n: number, rng: Rng): Int32Array {
  return Int32Array.from(rng.shuffle(Array.from({ length: n }, (_, i) => i)));
}

function inverseOf(order: Int32Array): Int32Array {
  const inverse = new Int32Array(order.length);
  for (const [i, k] of order.entries()) inverse[k] = i;
  return inverse;
}
