/** Random problems for the attention operations: shapes, segments, and arrays as the host references take them. */
import { createRng } from '../../eval/math/rng.ts';
import { type Elements, poisoned, randomElements, toElements } from './elements.ts';
import type { ReferenceArguments } from './reference.ts';

export interface Shape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly qkDim: number;
  readonly vDim: number;
  readonly window?: number;
  readonly softCap?: number;
  readonly alibi?: 'plain' | 'rounded';
}

/** query row, queries, first position, prefix row, prefix length, own row: as bl_attention takes them. */
export type Segment = readonly [number, number, number, number, number, number];

export type AttentionProblem = ReferenceArguments<'attention'> & { readonly out: Elements };

/** One text behind the other, nothing shared. */
export function texts(lengths: readonly number[]): Segment[] {
  let row = 0;
  return lengths.map((length) => {
    const first = row;
    row += length;
    return [first, length, 0, 0, 0, first];
  });
}

/** A prefix, which is a text itself, and continuations of it; rows of the prefix begin at row 3. */
export function continuations(prefix: number, lengths: readonly number[]): Segment[] {
  let row = 3 + prefix;
  const parts = lengths.map((length): Segment => {
    const first = row;
    row += length;
    return [first, length, prefix, 3, prefix, first];
  });
  return prefix === 0 ? parts : [[3, prefix, 0, 0, 0, 3], ...parts];
}

/** For every row of the texts prefix + continuation, written out one behind the other, the row that it comes from. */
export function writtenOut(segments: readonly Segment[]): { rows: number[]; segments: Segment[] } {
  const parts = segments.filter(([, , first, , prefix]) => first === prefix && (prefix > 0 || first === 0));
  const rows = parts.map(([query, queries, , prefixRow, prefix]) => [
    ...Array.from({ length: prefix }, (_, i) => prefixRow + i),
    ...Array.from({ length: queries }, (_, i) => query + i),
  ]);
  return { rows: rows.flat(), segments: texts(rows.map((part) => part.length)) };
}

/** Random q, k, v for all rows that the segments name, and a poisoned out. */
export function problemOf(
  dtype: number,
  shape: Shape,
  segments: readonly Segment[],
  seed: number,
): AttentionProblem {
  const { heads, kvHeads, qkDim, vDim } = shape;
  const rng = createRng(seed);
  const rows = Math.max(...segments.map(([query, queries]) => query + queries));
  const strides = {
    qStride: heads * qkDim + 8,
    kStride: kvHeads * qkDim + 16,
    vStride: kvHeads * vDim + 8,
    outStride: heads * vDim + 8,
  };
  return {
    ...{ dtype, heads, kvHeads, qkDim, vDim, ...strides, ...ruleOf(shape) },
    q: randomElements(rng, dtype, rows * strides.qStride, 1.5),
    k: randomElements(rng, dtype, rows * strides.kStride, 1.5),
    v: randomElements(rng, dtype, rows * strides.vStride),
    out: poisoned(dtype, rows * strides.outStride),
    ...segmentsOf(segments),
    rung: -1,
  };
}

export function segmentsOf(segments: readonly Segment[]) {
  const maxQueries = Math.max(...segments.map(([, queries]) => queries));
  return { segments: Int32Array.from(segments.flat()), S: segments.length, maxQueries };
}

/** Scale, cap, window and slopes; slopes are those of bfloat16, as Falcon's. */
function ruleOf({ heads, qkDim, window = 0, softCap = 0, alibi }: Shape) {
  const powers = Float32Array.from({ length: heads }, (_, h) => 2 ** ((-8 * (h + 1)) / heads));
  const slopes = new Float32Array(Uint32Array.from(toElements(2, powers), (bits) => bits << 16).buffer);
  const scale = Math.fround(1 / Math.sqrt(qkDim));
  return {
    ...{ scale, softCap, window, slopes: alibi === undefined ? null : slopes },
    roundedFactor: alibi === 'rounded' ? scale : 0,
  };
}

/** The same problem with its rows in another order or repeated. */
export function withRows(
  problem: AttentionProblem,
  rows: readonly number[],
  segments: readonly Segment[],
): AttentionProblem {
  const moved = (from: NodeJS.ArrayBufferView | null, stride: number) =>
    gatherRows(from as Elements, stride, rows);
  return {
    ...problem,
    q: moved(problem.q, problem.qStride),
    k: moved(problem.k, problem.kStride),
    v: moved(problem.v, problem.vStride),
    out: poisoned(problem.dtype, rows.length * problem.outStride),
    ...segmentsOf(segments),
  };
}

export function gatherRows(from: Elements, stride: number, rows: readonly number[]): Elements {
  const to =
    from instanceof Float32Array
      ? new Float32Array(rows.length * stride)
      : new Uint16Array(rows.length * stride);
  for (const [i, row] of rows.entries()) to.set(from.subarray(row * stride, (row + 1) * stride), i * stride);
  return to;
}

/** Pages in a mixed order for texts of these lengths: positions (−1: no text) and the tables of the cache. */
export function pagesFor(lengths: readonly number[], pageSize: number, maxPages: number) {
  const count = lengths.length * maxPages;
  const pageTable = Int32Array.from({ length: count }, (_, i) => (i * 11 + 3) % count);
  return {
    ...{ pageTable, maxPages, pageSize, B: lengths.length },
    positions: Int32Array.from(lengths, (length) => length - 1),
    rows: count * pageSize,
    writes: {
      positions: Int32Array.from(lengths.flatMap((length) => Array.from({ length }, (_, i) => i))),
      texts: Int32Array.from(lengths.flatMap((length, b) => Array.from({ length }, () => b))),
      M: lengths.reduce((sum, length) => sum + length, 0),
    },
  };
}

/** ‖found − expected‖ / ‖expected‖; infinite where only one of both was written, or is not a number. */
export function relativeError(found: Float32Array, expected: Float32Array): number {
  let [error, norm] = [0, 0];
  for (let i = 0; i < expected.length; i += 1) {
    if (Number.isNaN(found[i]) && Number.isNaN(expected[i])) continue;
    error += (found[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Number.isNaN(error) ? Infinity : Math.sqrt(error / norm);
}
