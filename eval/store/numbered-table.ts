/** Tables of items that are told by their place alone, as packed outcomes are. */
import type { ItemColumn, ItemTable } from '../items.ts';

/** Null where there is no column. */
export function numberedTable(columns: readonly ItemColumn[]): ItemTable | null {
  if (columns.length === 0) return null;
  const rows = columns[0]!.values.length;
  return { rows, columns: [{ name: 'item', type: 'text', values: numbered(rows) }, ...columns] };
}

/** Tables of one length share their ids. */
const idsOfLength = new Map<number, readonly string[]>();

function numbered(rows: number): readonly string[] {
  const known = idsOfLength.get(rows);
  if (known !== undefined) return known;
  const ids = Array.from({ length: rows }, (_, index) => String(index));
  if (idsOfLength.size < 100) idsOfLength.set(rows, ids);
  return ids;
}
