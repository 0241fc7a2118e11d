/** What is kept, arranged as a grid with a column for each number of bits, from many to few. */

export interface GridCell {
  readonly kept: number;
  /** Who or how much stands behind the number. */
  readonly note: string;
}

export interface KeptGrid {
  readonly bits: readonly number[];
  readonly rows: readonly { readonly title: string; readonly cells: readonly (GridCell | null)[] }[];
}

interface Entry extends GridCell {
  readonly row: string;
  readonly bits: number;
}

interface Compressed {
  readonly tensor: string;
  readonly a_bits: number | null;
  readonly kv_bits: number | null;
}

/** What a row of the grid compresses; the columns say to how many bits the weights go, or the cache alone. */
export function compressedWords({ tensor, a_bits, kv_bits }: Compressed): string {
  if (tensor === 'KV') return 'cache alone';
  if (tensor === 'WA')
    return `weights, activations at ${a_bits === null ? 'unstated bits' : `${a_bits} bit`}`;
  if (tensor === 'W+KV') return `weights, cache at ${kv_bits === null ? 'unstated bits' : `${kv_bits} bit`}`;
  return 'weights';
}

/** Rows keep the order in which they first occur. */
export function keptGrid(entries: readonly Entry[]): KeptGrid {
  const bits = [...new Set(entries.map((entry) => entry.bits))].sort((a, b) => b - a);
  const rows = [...Map.groupBy(entries, ({ row }) => row)].map(([title, group]) => ({
    title,
    cells: bits.map((number) => group.find((entry) => entry.bits === number) ?? null),
  }));
  return { bits, rows };
}
