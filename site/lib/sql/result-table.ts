/** The result of a query as a table: the first rows, with links to the pages of what they name. */
import { href } from '../url.ts';
import { type Cell, cellText, isNumeric, type QueryResult } from './result.ts';

/** More rows make a page slow; the file holds them all. */
const ROWS_SHOWN = 200;

/** Pages of what a column of this name holds. */
const PAGES: Readonly<Record<string, string>> = {
  model_id: '/models/',
  method_id: '/methods/',
  task_id: '/tasks/',
  source_id: '/sources/',
  run_id: '/runs/',
  claim_id: '/claims/',
};

export function resultTable(result: QueryResult, document: Document): HTMLTableElement {
  const table = document.createElement('table');
  table.createCaption().textContent = captionOf(result);
  const numeric = result.columns.map((_, column) => isNumeric(result, column));
  const head = table.createTHead().insertRow();
  for (const [place, name] of result.columns.entries()) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    cell.className = numeric[place] ? 'num' : '';
    head.append(cell);
  }
  const body = table.createTBody();
  for (const values of result.rows.slice(0, ROWS_SHOWN)) {
    const row = body.insertRow();
    for (const [place, value] of values.entries()) {
      const cell = row.insertCell();
      cell.className = numeric[place] ? 'num' : 'sql-text';
      cell.append(contentOf(result.columns[place]!, value, document));
    }
  }
  return table;
}

function captionOf({ rows, isComplete }: QueryResult): string {
  const count = rows.length.toLocaleString('en-US');
  if (!isComplete)
    return `The first ${ROWS_SHOWN} of more than ${count} rows. The file has ${count}; add a LIMIT or a GROUP BY.`;
  if (rows.length > ROWS_SHOWN) return `The first ${ROWS_SHOWN} of ${count} rows. The file has all of them.`;
  return rows.length === 1 ? '1 row' : `${count} rows`;
}

/** Text from data never becomes markup; only addresses that begin with https:// become links out. */
function contentOf(column: string, value: Cell, document: Document): Node {
  const address = addressOf(column, value);
  if (address === null) return document.createTextNode(cellText(value));
  const link = document.createElement('a');
  link.href = address;
  link.textContent = String(value);
  return link;
}

function addressOf(column: string, value: Cell): string | null {
  if (typeof value !== 'string') return null;
  if (/^https:\/\/\S+$/.test(value)) return value;
  const page = PAGES[column];
  return page !== undefined && /^[a-z0-9][a-z0-9._-]*$/i.test(value) ? href(`${page}${value}/`) : null;
}
