/** Cuts the tokens of a chunk into tiles of queries and finds which keys each tile can see at all. */
import { engineErrors as errors } from '../errors/engine.ts';
import type { Chunk } from './engine.ts';

/** Half-open ranges of token indices. */
export interface Tile {
  readonly from: number;
  readonly to: number;
  readonly keyFrom: number;
  readonly keyTo: number;
}

export interface TileLimits {
  readonly maxQueries: number;
  /** Bound on queries × keys of a tile; one query is always allowed. */
  readonly maxScores: number;
}

/** Tiles in token order. Keys outside a tile's range are masked for all its queries, so leaving them out changes nothing. */
export function tilesOf(chunk: Chunk, slidingWindow: number | null, limits: TileLimits): Tile[] {
  const ranges = keyRanges(chunk, slidingWindow);
  const tiles: Tile[] = [];
  const length = chunk.tokens.length;
  for (let from = 0; from < length; ) {
    let [keyFrom, keyTo] = [ranges.from[from], ranges.to[from]];
    let to = from + 1;
    for (; to < length && to - from < limits.maxQueries; to += 1) {
      const lowest = Math.min(keyFrom, ranges.from[to]);
      const highest = Math.max(keyTo, ranges.to[to]);
      if ((to + 1 - from) * (highest - lowest) > limits.maxScores) break;
      [keyFrom, keyTo] = [lowest, highest];
    }
    tiles.push({ from, to, keyFrom, keyTo });
    from = to;
  }
  return tiles;
}

/** Throws `engine/chunk` where the arrays of a chunk disagree. */
export function checkChunk({ tokens, positions, segments, parents, lengths }: Chunk): void {
  const counts = [tokens, positions, segments, parents, lengths].map(({ length }) => length);
  if (tokens.length === 0) throw errors.chunk('it has no tokens');
  if (new Set(counts).size !== 1) throw errors.chunk(`its arrays have ${counts.join(', ')} entries`);
}

/** For each token, a range of indices that contains every key it sees; as tight as is cheap to know. */
function keyRanges(chunk: Chunk, slidingWindow: number | null): { from: Int32Array; to: Int32Array } {
  const extents = segmentExtents(chunk);
  const from = new Int32Array(chunk.tokens.length);
  const to = new Int32Array(chunk.tokens.length);
  chunk.segments.forEach((segment, i) => {
    const own = extents.get(segment)!;
    const parent = extents.get(chunk.parents[i]) ?? own;
    const ownLast = own.inOrder ? i : own.last;
    from[i] = Math.min(own.first, parent.first);
    to[i] = Math.max(ownLast, parent === own ? ownLast : parent.last) + 1;
    if (slidingWindow !== null && parent === own && own.inOrder)
      from[i] = Math.max(own.first, i - slidingWindow + 1);
  });
  return { from, to };
}

interface Extent {
  readonly first: number;
  readonly last: number;
  /** Neighbouring indices hold neighbouring positions, from the first to the last. */
  readonly inOrder: boolean;
}

function segmentExtents({ segments, positions }: Chunk): ReadonlyMap<number, Extent> {
  const extents = new Map<number, Extent>();
  segments.forEach((segment, i) => {
    const known = extents.get(segment);
    const inOrder =
      known === undefined || (known.inOrder && known.last === i - 1 && positions[i] === positions[i - 1] + 1);
    extents.set(segment, { first: known?.first ?? i, last: i, inOrder });
  });
  return extents;
}
