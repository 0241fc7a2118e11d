/** The tables by which the head finds the rows and tokens of a chunk, made on the host. */
import type { QuestionSizes, Questions } from '../score-batches.ts';
import { ROW_TILE } from './head.ts';

export interface HeadTables {
  /** Places of the pairs, in the order of their rows, `[n]`. */
  readonly order: Int32Array;
  /** Where the pairs of each tile of ROW_TILE rows begin in that order, and the end of the last. */
  readonly tilePairs: readonly number[];
  /** Int32: chunk rows `[R]`; pair rows, pair rows in their tile and pair tokens `[n]`; rows that are compared. */
  readonly tables: readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
}

const TABLES = 5;

export function headTables({ rows, pairs, reference }: Questions): HeadTables {
  const R = rows.length;
  const n = pairs.rows.length;
  const starts = pairStarts(pairs.rows, R);
  const tilePairs = [0];
  for (let end = ROW_TILE; end < R + ROW_TILE; end += ROW_TILE) tilePairs.push(starts[Math.min(end, R)]!);
  const [order, pairRows, tileRows, tokens] = [0, 1, 2, 3].map(() => new Int32Array(n)) as [
    ...[Int32Array, Int32Array, Int32Array, Int32Array],
  ];
  const next = starts.slice();
  for (let i = 0; i < n; i += 1) {
    const row = pairs.rows[i]!;
    const at = next[row]!;
    next[row] = at + 1;
    order[at] = i;
    pairRows[at] = row;
    tileRows[at] = row % ROW_TILE;
    tokens[at] = pairs.tokens[i]!;
  }
  const compared = reference?.rows.map((row) => rows[row]!) ?? new Int32Array(0);
  return { order, tilePairs, tables: [rows, pairRows, tileRows, tokens, compared] };
}

/** Most bytes of the tables when each begins at a multiple of four values. */
export function headTableBytes({ mostRows, pairs, compared }: QuestionSizes): number {
  return Int32Array.BYTES_PER_ELEMENT * (mostRows + 3 * pairs + compared + 4 * TABLES);
}

/** How many pairs belong to rows before each, `[R + 1]`. */
function pairStarts(pairRows: Int32Array, R: number): Int32Array {
  const starts = new Int32Array(R + 1);
  for (const row of pairRows) starts[row + 1]! += 1;
  for (let row = 0; row < R; row += 1) starts[row + 1]! += starts[row]!;
  return starts;
}
