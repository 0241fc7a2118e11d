/** What an attention graph is fed besides weights. */
import type { KeysValues } from './key-value-state.ts';
import type { RotationTables } from './layers/positions.ts';
import type { Projections } from './layers/projections.ts';
import type { Feed, Feeds } from './runtime.ts';

/** Tokens to compute: B groups of m, M = B·m rows. */
export interface Queries {
  readonly groups: number;
  /** Float32 `[M, H]`. */
  readonly hidden: Float32Array;
  readonly tables: RotationTables | null;
  readonly positions: Int32Array;
  readonly segments: Int32Array;
  readonly parents: Int32Array;
}

/**
 * How keys and values lie: token by token, `[B, n, kvHeads, dim]`, as they are made, or head by head,
 * `[B, kvHeads, n, dim]`, as they are kept while texts are generated.
 */
export type MemoryLayout = 'tokens' | 'heads';

/** What they may attend to: B groups of n keys. */
export interface Memory extends KeysValues {
  readonly layout: MemoryLayout;
  readonly positions: Int32Array;
  readonly segments: Int32Array;
}

export function attentionFeeds(
  queries: Queries,
  { layout, keys, values, positions, segments }: Memory,
  { kvHeads, keyDim, valueDim }: Projections,
): Feeds {
  const { groups } = queries;
  const count = positions.length / groups;
  const query = (data: Int32Array): Feed => ({ data, dims: [groups, data.length / groups] });
  const keyed = (data: Int32Array): Feed => ({ data, dims: [groups, count] });
  const inner = layout === 'tokens' ? [count, kvHeads] : [kvHeads, count];
  return {
    queryPositions: query(queries.positions),
    querySegments: query(queries.segments),
    queryParents: query(queries.parents),
    keyPositions: keyed(positions),
    keySegments: keyed(segments),
    keys: { data: keys, dims: [groups, ...inner, keyDim] },
    values: { data: values, dims: [groups, ...inner, valueDim] },
  };
}

/** The positions 0 … capacity − 1 for each of `groups` texts, and one segment for all of them. */
export function wholeTexts(groups: number, capacity: number): Pick<Memory, 'positions' | 'segments'> {
  const positions = new Int32Array(groups * capacity);
  for (let i = 0; i < capacity; i += 1) positions[i] = i;
  for (let group = 1; group < groups; group += 1) positions.copyWithin(group * capacity, 0, capacity);
  return { positions, segments: new Int32Array(groups * capacity) };
}
