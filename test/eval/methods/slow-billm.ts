/**
 * BiLLM by the obvious loops over arrays of arrays, without any code of eval/: every candidate is binarized in full and compared
 * with the block, and later columns are corrected by the explicit inverse of the Hessian of all columns not yet done.
 * Source: Huang et al. 2024, arXiv:2402.04291, Algorithms 1 and 2.
 */
import { slowFactor } from './slow-feedback.ts';
import { half16, invert } from './slow-gptq.ts';

export interface SlowBillmSettings {
  readonly group: number;
  readonly compat: boolean;
  readonly damping: number;
}

const average = (list: readonly number[]) =>
  list.length === 0 ? 0 : list.reduce((sum, value) => sum + value, 0) / list.length;
const signed16 = (x: number) => (x < 0 ? -half16(-x) : x === 0 ? 0 : half16(x));
/** Half precision that may be 0. */
const distance16 = (x: number) => (x < 2 ** -25 ? 0 : half16(x));

/** sign(x − mean)·distance + mean for each value. */
function binarize(values: readonly number[]): number[] {
  const mean = average(values);
  const distance = average(values.map((value) => Math.abs(value - mean)));
  return values.map((value) => mean + (value >= mean ? distance : -distance));
}

function approximate(values: readonly number[], order: number): number[] {
  let left = [...values];
  const sum = values.map(() => 0);
  for (let i = 0; i < order; i++) {
    const part = binarize(left);
    part.forEach((value, j) => {
      sum[j] += value;
    });
    left = left.map((value, j) => value - part[j]);
  }
  return sum;
}

/** Squared error of the chosen entries of every row, binarized together. */
function errorOf(
  block: readonly number[][],
  chosen: (n: number, j: number) => boolean,
  order: number,
): number {
  let error = 0;
  for (const [n, row] of block.entries()) {
    const values = row.filter((_, j) => chosen(n, j));
    const close = approximate(values, order);
    for (const [i, value] of values.entries()) error += (value - close[i]) ** 2;
  }
  return error;
}

/** numpy.quantile with linear interpolation. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (place - below) * (above - sorted[below]);
}

export interface SlowBlock {
  readonly salient: readonly number[];
  readonly split: number;
}

function search(block: number[][], salience: number[][], compat: boolean): SlowBlock {
  const G = block[0].length;
  const target = compat ? salience : block;
  const score = (j: number) => salience.reduce((sum, row) => sum + row[j], 0);
  const ranked = Array.from({ length: G }, (_, j) => j).toSorted((a, b) => score(b) - score(a) || a - b);
  let best = { error: Number.POSITIVE_INFINITY, salient: [] as number[] };
  for (let count = 1; count <= Math.min(49, G - 1); count++) {
    const salient = ranked.slice(0, count);
    const error =
      errorOf(target, (_, j) => salient.includes(j), 2) + errorOf(target, (_, j) => !salient.includes(j), 2);
    if (error < best.error) best = { error, salient };
  }
  const { salient } = best;
  const sizes = target.flatMap((row) => row.map((value, j) => (salient.includes(j) ? 0 : Math.abs(value))));
  const counted = compat
    ? sizes
    : target.flatMap((row) => row.filter((_, j) => !salient.includes(j)).map(Math.abs));
  let split = { error: Number.POSITIVE_INFINITY, at: 0 };
  for (let i = 0; i < 81; i++) {
    const at = quantile(counted, 0.1 + 0.01 * i);
    const isSparse = (n: number, j: number) => !(Math.abs(target[n][j]) < at);
    const error =
      errorOf(target, (n, j) => !salient.includes(j) && !isSparse(n, j), 1) +
      errorOf(target, (n, j) => !salient.includes(j) && isSparse(n, j), 1);
    if (error < split.error) split = { error, at };
  }
  return { salient, split: split.at };
}

/** ŵ of a block, levels in half precision. */
function quantizeBlock(block: number[][], target: number[][], { salient, split }: SlowBlock): number[][] {
  return block.map((row, n) => {
    const restored = row.map(() => 0);
    const columns = row.map((_, j) => j);
    const parts = [
      columns.filter((j) => !salient.includes(j) && Math.abs(target[n][j]) < split),
      columns.filter((j) => !salient.includes(j) && !(Math.abs(target[n][j]) < split)),
    ];
    for (const part of parts) {
      const exact = average(part.map((j) => row[j]));
      const distance = distance16(average(part.map((j) => Math.abs(row[j] - exact))));
      const mean = signed16(exact);
      for (const j of part) restored[j] = mean + (row[j] >= mean ? distance : -distance);
    }
    const inside = columns.filter((j) => salient.includes(j));
    const mean = average(inside.map((j) => row[j]));
    const first = distance16(average(inside.map((j) => Math.abs(row[j] - mean))));
    const left = (j: number) => row[j] - mean - (row[j] >= mean ? first : -first);
    const again = average(inside.map(left));
    const second = distance16(average(inside.map((j) => Math.abs(left(j) - again))));
    const offset = signed16(mean + again);
    for (const j of inside) {
      restored[j] = offset + (row[j] >= mean ? first : -first) + (left(j) >= again ? second : -second);
    }
    return restored;
  });
}

export function slowBillm(weight: number[][], hessian: number[][], settings: SlowBillmSettings) {
  const { group: G, compat, damping } = settings;
  const K = hessian.length;
  const { weights, pivots, upper } = slowFactor(weight, hessian, damping);
  const current = weights.map((row) => [...row]);
  const damped = withDamping(hessian, damping);
  const restored = weights.map(() => [] as number[]);
  const blocks: SlowBlock[] = [];
  for (let start = 0; start < K; start += G) {
    const end = start + G;
    const block = current.map((row) => row.slice(start, end));
    const salience = block.map((row) => row.map((value, j) => value ** 2 / pivots[start + j]));
    const found = search(block, salience, compat);
    blocks.push(found);
    const made = quantizeBlock(block, compat ? salience : block, found);
    for (const [n, row] of made.entries()) restored[n].push(...row);
    const lost = block.map((row, n) => row.map((value, j) => value - made[n][j]));
    const give = compat
      ? (j: number, k: number) => upper[start + j][k] / upper[start + j][start + j]
      : leastSquares(damped, start, end);
    for (const [n, row] of lost.entries()) {
      for (let k = end; k < K; k++) for (const [j, d] of row.entries()) current[n][k] -= d * give(j, k);
    }
  }
  return { restored, blocks };
}

function withDamping(hessian: number[][], damping: number): number[][] {
  const alive = hessian.map((row, i) => row.map((value, j) => (i === j && value === 0 ? 1 : value)));
  const mean = average(alive.map((row, i) => row[i]));
  return alive.map((row, i) => row.map((value, j) => value + (i === j ? damping * mean : 0)));
}

/** What column k gives back for a unit lost in column j of a block: P_bb⁻¹·P_bk with P = (H of the columns from start on)⁻¹. */
function leastSquares(hessian: number[][], start: number, end: number): (j: number, k: number) => number {
  const inverse = invert(hessian.slice(start).map((row) => row.slice(start)));
  const width = end - start;
  const inner = invert(inverse.slice(0, width).map((row) => row.slice(0, width)));
  const table = inner.map((row) =>
    inverse.map((_, k) => row.reduce((sum, value, i) => sum + value * inverse[i][k], 0)),
  );
  return (j, k) => table[j][k - start];
}
