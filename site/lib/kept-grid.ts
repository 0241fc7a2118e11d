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

/** Rows keep the order in which they first occur. */
export function keptGrid(entries: readonly Entry[]): KeptGrid {
  const bits = [...new Set(entries.map((entry) => entry.bits))].sort((a, b) => b - a);
  const rows = [...Map.groupBy(entries, ({ row }) => row)].map(([title, group]) => ({
    title,
    cells: bits.map((number) => group.find((entry) => entry.bits === number) ?? null),
  }));
  return { bits, rows };
}
