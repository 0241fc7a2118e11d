/**
 * Rows that the reader keeps on top. A row's name in the address is eight letters and digits, made of what identifies the
 * row and not of where it stands, so that a link still finds it when rows are added.
 */
import type { LiveTable } from './payload.ts';
import type { Row } from './row-types.ts';

const LENGTH = 8;
const NAME = /^[0-9a-z]{8}$/;

export function isPin(text: string): boolean {
  return NAME.test(text);
}

/** A recipe has one name in all abilities; a stored value that was measured again keeps its name. */
export function pinOf(row: Row): string {
  const parts = [row.kind, row.origin, row.source, row.model, row.recipe];
  if (row.kind === 'result') {
    const place = row.run === null ? row.locator : '';
    parts.push(row.task, row.metric ?? '', row.protocol, row.model_label, row.method_label, place);
  }
  return hashName(parts.join('|'));
}

/** FNV-1a in two lanes, of which 41 bits are kept: among 100,000 rows a shared name is a matter of one in five hundred. */
function hashName(text: string): string {
  let [high, low] = [0x811c9dc5, 0x01234567];
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x01000193);
  }
  const bits = (high >>> 0) * 2 ** 9 + (low >>> 23);
  return bits.toString(36).padStart(LENGTH, '0');
}

const tables = new WeakMap<LiveTable, ReadonlyMap<string, readonly number[]>>();

function rowsByPin(table: LiveTable): ReadonlyMap<string, readonly number[]> {
  const known = tables.get(table);
  if (known !== undefined) return known;
  const places = Map.groupBy(
    Array.from({ length: table.length }, (_, index) => index),
    (index) => pinOf(table.row(index)),
  );
  tables.set(table, places);
  return places;
}

/**
 * Indexes of the rows with these names, whatever else is asked for but the ability: of a recipe that is pinned the rows of
 * the abilities that the reader looks at, or none where it was not tested in them.
 */
export function pinnedRows(
  table: LiveTable,
  pins: readonly string[],
  abilities: readonly string[] | undefined,
): readonly number[] {
  if (pins.length === 0) return [];
  const rows = pins.flatMap((pin) => rowsByPin(table).get(pin) ?? []);
  const ability = table.coded['ability'];
  const isAbilityOfRecipe = (index: number) =>
    table.row(index).kind === 'result' ||
    abilities === undefined ||
    abilities.includes(ability!.values[ability!.codes[index]!]!.id);
  return rows.filter(isAbilityOfRecipe);
}
