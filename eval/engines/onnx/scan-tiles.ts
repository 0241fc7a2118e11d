/** Cuts a chunk into tiles for a selective scan, and finds what its convolution reads from before each token. */
import type { SelectiveScan } from '../../families/architecture.ts';
import type { Chunk } from '../engine.ts';
import { runsOf } from '../runs.ts';
import { copyMemory, emptyMemory, type ScanMemory } from './scan-memory.ts';

/** Part of a run inside a tile; `from … to` count from the tile's first token. */
export interface ScanPiece {
  readonly from: number;
  readonly to: number;
  /** The piece of the same tile whose last token comes before the first of this one; its memory is taken over then. */
  readonly source: number | null;
  /** As it is before the piece where `source` is null; as it is after the piece once the tile has run. */
  readonly memory: ScanMemory;
}

export interface ScanTile {
  readonly from: number;
  readonly to: number;
  readonly pieces: readonly ScanPiece[];
}

/**
 * Tiles in token order; each must have run before the next is taken. Memories that were handed out are copied before
 * they are used again.
 */
export function* tilesOfRuns(chunk: Chunk, size: SelectiveScan, maxTokens: number): Generator<ScanTile> {
  const runs = runsOf(chunk);
  const needed = new Set(runs.map(({ source }) => source));
  /** Memories after the last token of a run so far, where something goes on from there. */
  const memories = new Map<number, ScanMemory>();
  let first = 0;
  for (let from = 0; from < chunk.tokens.length; from += maxTokens) {
    const to = Math.min(chunk.tokens.length, from + maxTokens);
    const pieces: ScanPiece[] = [];
    const placeOf = new Map<number, number>();
    let next = first;
    for (; next < runs.length && runs[next].from < to; next += 1) {
      const run = runs[next];
      const isNew = run.from >= from;
      const source = isNew && run.source !== null ? (placeOf.get(run.source) ?? null) : null;
      placeOf.set(next, pieces.length);
      const before = isNew
        ? run.source === null
          ? undefined
          : memories.get(run.source)
        : memories.get(next);
      const memory = before === undefined ? emptyMemory(size) : copyMemory(before);
      pieces.push({ from: Math.max(run.from, from) - from, to: Math.min(run.to, to) - from, source, memory });
    }
    yield { from, to, pieces };
    for (const [run, place] of placeOf) {
      const { memory } = pieces[place];
      if (needed.has(run) || runs[run].to > to) memories.set(run, memory);
      else memories.delete(run);
    }
    first = runs[next - 1].to > to ? next - 1 : next;
  }
}

/** The tails of all pieces, one after the other: float32 `[pieces · (width − 1), innerSize]`. */
export function pastRows({ pieces }: ScanTile, { innerSize, convolution }: SelectiveScan): Float32Array {
  const length = innerSize * (convolution.width - 1);
  const rows = new Float32Array(pieces.length * length);
  for (const [place, { memory }] of pieces.entries()) rows.set(memory.tail, place * length);
  return rows;
}

/** Int32 `[width − 1, M]`: where the input 1, 2 … tokens before each token is, as `scanInputGraph` counts. */
export function tapsOf(tile: ScanTile, width: number): Int32Array {
  const M = tile.to - tile.from;
  const taps = new Int32Array((width - 1) * M);
  for (const [place, { from, to }] of tile.pieces.entries()) {
    for (let row = from; row < to; row += 1) {
      for (let back = 1; back < width; back += 1) {
        const inside = row - back;
        taps[(back - 1) * M + row] = inside >= from ? inside : rowBefore(tile, place, from - inside, width);
      }
    }
  }
  return taps;
}

/** The row `back` tokens before the first of a piece. */
function rowBefore({ from, to, pieces }: ScanTile, place: number, back: number, width: number): number {
  const { source } = pieces[place];
  if (source === null) return to - from + place * (width - 1) + (width - 1 - back);
  const earlier = pieces[source];
  const row = earlier.to - back;
  return row >= earlier.from ? row : rowBefore({ from, to, pieces }, source, earlier.from - row, width);
}

/** Puts the last inputs of the convolution into the memories. @param fresh  float32 `[M, innerSize]` of the tile */
export function updateTails({ pieces }: ScanTile, fresh: Float32Array, { innerSize }: SelectiveScan): void {
  for (const { from, to, source, memory } of pieces) {
    const { tail } = memory;
    if (source !== null) tail.set(pieces[source].memory.tail);
    const taken = Math.min(tail.length, (to - from) * innerSize);
    tail.copyWithin(0, taken);
    tail.set(fresh.subarray(to * innerSize - taken, to * innerSize), tail.length - taken);
  }
}
