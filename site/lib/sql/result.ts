/** What a query gives back, in values that text, a table and a chart can be made of. */

export type Cell = string | number | boolean | null;

export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** False where the query had more rows than the page keeps. */
  readonly isComplete: boolean;
  readonly milliseconds: number;
}

/** Type ids of Apache Arrow whose values are milliseconds since 1970. */
const DATE = 8;
const TIMESTAMP = 10;

/** A value of Arrow in a cell: whole numbers beyond 2⁵³ and nested values become text, dates ISO 8601. */
export function cellOf(value: unknown, typeId: number): Cell {
  if (value === null || value === undefined) return null;
  if (typeId === DATE || typeId === TIMESTAMP) return dateText(value, typeId);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part));
}

function dateText(value: unknown, typeId: number): string {
  const text = new Date(Number(value)).toISOString();
  return typeId === DATE ? text.slice(0, 10) : text.replace('T', ' ').replace(/(\.000)?Z$/, '');
}

/** Whether a column holds numbers and nothing else, so that it can be drawn and is set to the right. */
export function isNumeric(result: QueryResult, column: number): boolean {
  const known = result.rows.map((row) => row[column]).filter((cell) => cell !== null);
  return known.length > 0 && known.every((cell) => typeof cell === 'number');
}

/** A number with as many digits as carry information on a screen; the file holds all of them. */
export function cellText(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell !== 'number' || Number.isInteger(cell)) return String(cell).replace(/^-(?=\d)/, '−');
  return String(Number(cell.toPrecision(6))).replace(/^-/, '−');
}
