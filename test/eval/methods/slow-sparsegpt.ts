/** SparseGPT by another road, for tests: the inverse Hessian is kept and shrunk column by column, rows are plain arrays. */
import { findGrid } from './slow-gptq.ts';

export interface SlowPruning {
  readonly percent?: number | undefined;
  readonly run?: { readonly n: number; readonly m: number } | undefined;
  readonly damping: number;
  readonly grid: { readonly bits: number; readonly group: number } | null;
  /** Columns whose mask is chosen together. */
  readonly block: number;
}

/** ŵ of weights w [N, K] with Hessian h [K, K]; kept weights without a grid are not rounded. */
export function slowSparseGpt(
  w: readonly (readonly number[])[],
  h: readonly (readonly number[])[],
  { percent, run, damping, grid, block }: SlowPruning,
): number[][] {
  const K = h.length;
  const damped = h.map((row) => [...row]);
  const left = w.map((row) => [...row]);
  for (let k = 0; k < K; k++) {
    if (damped[k]![k] !== 0) continue;
    damped[k]![k] = 1;
    for (const row of left) row[k] = 0;
  }
  const mean = damped.reduce((sum, row, k) => sum + row[k]!, 0) / K;
  for (let k = 0; k < K; k++) damped[k]![k]! += damping * mean;
  const inverses = shrinking(damped);
  const removed = w.map(() => new Array<boolean>(K).fill(false));
  const result = w.map(() => new Array<number>(K).fill(0));
  const grids: { scale: number; zero: number }[] = [];
  for (let k = 0; k < K; k++) {
    // (H⁻¹)_kk of the columns from k on is U_kk².
    const score = (n: number, j: number) => left[n]![j]! ** 2 / inverses[j]![0]![0]!;
    if (percent !== undefined && k % block === 0) {
      const end = Math.min(k + block, K);
      const places = left.flatMap((_, n) =>
        Array.from({ length: end - k }, (_none, i) => [n, k + i] as const),
      );
      const count =
        Math.round((left.length * end * percent) / 100) - Math.round((left.length * k * percent) / 100);
      places.sort(([a, b], [c, d]) => score(a, b) - score(c, d));
      for (const [n, j] of places.slice(0, count)) removed[n]![j] = true;
    }
    for (let n = 0; n < left.length; n++) {
      const row = left[n]!;
      if (run !== undefined && k % run.m === 0) {
        const places = Array.from({ length: run.m }, (_, i) => k + i).sort(
          (a, b) => score(n, a) - score(n, b),
        );
        for (const j of places.slice(0, run.n)) removed[n]![j] = true;
      }
      if (grid !== null && k % grid.group === 0)
        grids[n] = findGrid(row.slice(k, k + grid.group), {
          bits: grid.bits,
          symmetric: false,
          range: 'zero',
        });
      result[n]![k] = removed[n]![k] ? 0 : grid === null ? row[k]! : onGrid(row[k]!, grids[n]!, grid.bits);
      const [first] = inverses[k]!;
      const error = (row[k]! - result[n]![k]!) / first![0]!;
      for (let j = k + 1; j < K; j++) row[j]! -= error * first![j - k]!;
    }
  }
  return result;
}

function onGrid(value: number, { scale, zero }: { scale: number; zero: number }, bits: number): number {
  const code = Math.min(Math.max(Math.round(value / scale) + zero, 0), 2 ** bits - 1);
  return scale * (code - zero);
}

/** The inverse of the lower right part of H from column k on, for every k: each column is eliminated from the one before. */
function shrinking(h: readonly (readonly number[])[]): number[][][] {
  const inverses = [invert(h)];
  while (inverses.length < h.length) {
    const [first, ...rest] = inverses.at(-1)!;
    const pivot = first![0]!;
    inverses.push(
      rest.map((row) => row.slice(1).map((value, j) => value - (row[0]! / pivot) * first![j + 1]!)),
    );
  }
  return inverses;
}

function invert(matrix: readonly (readonly number[])[]): number[][] {
  const K = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < K; i++) {
    const pivot = rows[i]![i]!;
    rows[i] = rows[i]!.map((value) => value / pivot);
    for (let r = 0; r < K; r++) {
      const factor = rows[r]![i]!;
      if (r !== i && factor !== 0) rows[r] = rows[r]!.map((value, j) => value - factor * rows[i]![j]!);
    }
  }
  return rows.map((row) => row.slice(K));
}
