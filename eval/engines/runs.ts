/** A chunk as layers see it that carry a state from token to token: runs of neighbouring tokens of one text. */
import { engineErrors as errors } from '../errors/engine.ts';
import type { Chunk } from './engine.ts';

/** Tokens `from … to` of a chunk, which follow one another in a text. */
export interface Run {
  readonly from: number;
  readonly to: number;
  /** The run whose last token comes right before the first of this one; null at the beginning of a text. */
  readonly source: number | null;
}

/**
 * Runs in token order, each after its source. Throws `engine/chunk` where a segment is out of order or does not start
 * where its prefix ends: a state exists only after the last token that was read.
 */
export function runsOf({ positions, segments, parents }: Chunk): readonly Run[] {
  const runs: Run[] = [];
  const latest = new Map<number, number>();
  for (let from = 0; from < positions.length; ) {
    const segment = segments[from];
    let to = from + 1;
    while (to < positions.length && segments[to] === segment && positions[to] === positions[to - 1] + 1)
      to += 1;
    const source = latest.get(segment) ?? latest.get(parents[from]) ?? null;
    const expected = source === null ? 0 : positions[runs[source].to - 1] + 1;
    if (positions[from] !== expected) {
      throw errors.chunk(
        `token ${from} has position ${positions[from]} where the text that it goes on from ends before ${expected}`,
      );
    }
    latest.set(segment, runs.length);
    runs.push({ from, to, source });
    from = to;
  }
  return runs;
}
