/** The tables by which kernels find their way through a chunk, made on the host and uploaded in one piece. */

import { engineErrors as errors } from '../../errors/engine.ts';
import type { Architecture, Rope } from '../../families/architecture.ts';
import type { Chunk } from '../engine.ts';
import { type Run, runsOf } from '../runs.ts';
import { checkChunk } from '../tiles.ts';

/** int32 `[rows, 6]`, the segments of bl_attention. */
const ATTENTION_COLUMNS = 6;
/** Longer runs become several rows of the table, so that a long text does not make blocks for short ones start in vain. */
const MOST_QUERIES = 256;
/** int32 `[S, 4]`, the segments of bl_causal_conv and bl_selective_scan. */
const SCAN_COLUMNS = 4;
const INT = Int32Array.BYTES_PER_ELEMENT;

/** Where the tables of a chunk are in device memory, and their sizes. */
export interface ChunkTables {
  /** Tokens. */
  readonly T: number;
  /** Runs of neighbouring tokens of one text. */
  readonly S: number;
  /** Tokens of the longest run. */
  readonly maxRows: number;
  /** The longest chain of runs that one goes on from. */
  readonly levels: number;
  readonly tokens: number;
  readonly positions: number;
  /** Row of the rotation tables of each token, by the length beyond which texts turn differently. */
  readonly rotationRows: (rope: Rope) => number;
  /** Segments of bl_attention: where, how many, and the most queries of one. */
  readonly attention: { readonly at: number; readonly count: number; readonly maxQueries: number };
  readonly scan: number;
  /** Where each run begins and ends in the chunk, on the host. */
  readonly runs: readonly Run[];
}

/** Tables of a chunk on the host, with the place that each gets. */
export interface HostTables {
  /** Tokens. */
  readonly T: number;
  readonly data: Int32Array;
  at(base: number): ChunkTables;
}

/** Lengths beyond which some rope turns by other frequencies. */
export function longLimits({ blocks }: Architecture): readonly number[] {
  const limits = blocks.flatMap(({ mixer }) =>
    mixer.kind !== 'selective-scan' && mixer.position.kind === 'rope' && mixer.position.long !== null
      ? [mixer.position.long.beyond]
      : [],
  );
  return [...new Set(limits)];
}

/**
 * @param limits          those of `longLimits`
 * @param tablePositions  positions of a rotation table, behind which the table for long texts begins
 * @throws engine/chunk
 */
export function hostTables(chunk: Chunk, limits: readonly number[], tablePositions: number): HostTables {
  checkChunk(chunk);
  const runs = runsOf(chunk);
  const { tokens, positions, lengths } = chunk;
  const T = tokens.length;
  const S = runs.length;
  const longRows = limits.map((limit) =>
    positions.map((position, row) => position + (lengths[row] > limit ? tablePositions : 0)),
  );
  const segments = attentionSegments(runs, positions);
  const parts = [tokens, positions, ...longRows, segments, scanSegments(runs)];
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    starts.push(size);
    // Kernels read rows of four values at once.
    size += Math.ceil(part.length / 4) * 4;
  }
  const data = new Int32Array(size);
  for (const [i, part] of parts.entries()) data.set(part, starts[i]);
  const maxRows = Math.max(...runs.map(({ from, to }) => to - from));
  return {
    T,
    data,
    at: (base) => {
      const place = (part: number) => base + starts[part] * INT;
      return {
        ...{ T, S, maxRows, runs, levels: levelsOf(runs) },
        tokens: place(0),
        positions: place(1),
        rotationRows: ({ long }) => place(long === null ? 1 : 2 + limits.indexOf(long.beyond)),
        attention: {
          at: place(parts.length - 2),
          count: segments.length / ATTENTION_COLUMNS,
          maxQueries: Math.min(MOST_QUERIES, maxRows),
        },
        scan: place(parts.length - 1),
      };
    },
  };
}

/** Bytes of the tables of a chunk of `T` tokens, whatever its segments are. */
export function tableBytes(T: number, limits: number): number {
  return INT * (2 + limits + ATTENTION_COLUMNS + SCAN_COLUMNS) * (T + 4);
}

function levelsOf(runs: readonly Run[]): number {
  const levels: number[] = [];
  for (const { source } of runs) levels.push(source === null ? 0 : levels[source]! + 1);
  return Math.max(...levels);
}

/**
 * Rows of `bl_attention`: query_row, queries, first_position, prefix_row, prefix_length, own_row. Of a long run the last
 * queries come first, as they see most keys.
 */
function attentionSegments(runs: readonly Run[], positions: Int32Array): Int32Array {
  const rows: number[] = [];
  for (const { from, to, source } of runs) {
    const prefix = source === null ? null : runs[source];
    if (prefix !== null && prefix.source !== null)
      throw errors.chunk(
        `token ${from} goes on from a text that lies in more than two pieces, which attention kernels do not read`,
      );
    const prefixLength = prefix === null ? 0 : prefix.to - prefix.from;
    const pieces = Math.ceil((to - from) / MOST_QUERIES);
    for (let piece = pieces - 1; piece >= 0; piece -= 1) {
      const first = from + piece * MOST_QUERIES;
      const queries = Math.min(MOST_QUERIES, to - first);
      rows.push(first, queries, positions[first], prefix?.from ?? 0, prefixLength, from);
    }
  }
  return Int32Array.from(rows);
}

/** Rows of the scan kernels: first row, rows, parent segment or −1, 0. */
function scanSegments(runs: readonly Run[]): Int32Array {
  return Int32Array.from(runs.flatMap(({ from, to, source }) => [from, to - from, source ?? -1, 0]));
}
