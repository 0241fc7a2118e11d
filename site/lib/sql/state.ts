/** The state of the SQL page in its address: an example by its name, any other query as it is, and how it is drawn. */
import type { ChartChoice } from './examples.ts';

export interface SqlState {
  /** Name of the example, where the query is one. */
  readonly example: string | null;
  /** The query; null where the address names none. */
  readonly sql: string | null;
  readonly chart: ChartChoice | null;
}

const FORMS = ['bars', 'lines', 'points'] as const;

/** Longer queries get no address of their own: hosts and chat programs cut them. */
export const LONGEST_QUERY = 4000;

/** What is wrong in an address is left out: it came from outside. */
export function readState(search: string): SqlState {
  const params = new URLSearchParams(search);
  const example = params.get('example');
  const sql = params.get('sql');
  return {
    example: example !== null && /^[a-z0-9-]{1,60}$/.test(example) ? example : null,
    sql: sql === null || sql.trim() === '' ? null : sql.slice(0, LONGEST_QUERY),
    chart: readChart(params.get('chart')),
  };
}

/** What {@link chartText} wrote; null for anything else. */
export function readChart(text: string | null): ChartChoice | null {
  const [form, x, y, by, ...rest] = (text ?? '').split('~');
  const known = FORMS.find((one) => one === form);
  if (known === undefined || !x || !y || rest.length > 0) return null;
  return { form: known, x, y, by: by || null };
}

export function chartText({ form, x, y, by }: ChartChoice): string {
  return [form, x, y, by ?? ''].join('~');
}

/** `?example=…`, `?sql=…&chart=…`, or nothing for an empty state. A column with a `~` in its name cannot be kept. */
export function writeState({ example, sql, chart }: SqlState): string {
  const params = new URLSearchParams();
  if (example !== null) params.set('example', example);
  else if (sql !== null && sql.length <= LONGEST_QUERY) params.set('sql', sql);
  if (chart !== null) params.set('chart', chartText(chart));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
