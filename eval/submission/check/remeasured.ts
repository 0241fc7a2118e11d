/** Measures the metrics of cells again from the outcomes that were sent. */
import type { FinishedCell, Metric as MetricRow } from '../../../data/schema.ts';
import { type ItemTable, numbersOf } from '../../items.ts';
import { columnsOf, type Metric } from '../../metrics/metric.ts';
import { measure } from '../../stats/measure.ts';
import { metricsOf } from '../all-tasks.ts';
import { BASELINE, finishedCells, type PlacedCell } from './cells.ts';
import type { Submission } from './rule.ts';

export interface Remeasured {
  readonly placed: PlacedCell<FinishedCell>;
  /** Place of the metric in the cell. */
  readonly index: number;
  readonly sent: MetricRow;
  readonly metric: Metric;
  /** Of the items that count. */
  readonly items: ItemTable;
}

/** Three rules ask for the same. */
const made = new WeakMap<Submission, readonly Remeasured[]>();

/** Every metric whose columns were sent; what is missing is told by the rule `outcomes-complete`. */
export function remeasurable(submission: Submission): readonly Remeasured[] {
  const known = made.get(submission) ?? [...remeasurableNow(submission)];
  made.set(submission, known);
  return known;
}

function* remeasurableNow(submission: Submission): Iterable<Remeasured> {
  const { outcomes } = submission;
  if (outcomes === null) return;
  for (const placed of finishedCells(submission)) {
    const { cell } = placed;
    const table = outcomes.tableOf(cell.task, cell.recipe);
    if (table === null) continue;
    for (const [index, sent] of cell.metrics.entries()) {
      const metric = metricsOf(cell.task).find(({ id }) => id === sent.metric);
      if (metric === undefined || !hasColumns(table, metric)) continue;
      yield { placed, index, sent, metric, items: comparedItems(cell.task, table, metric) };
    }
  }
}

/** @throws task/column never: see `remeasurable` */
export function measureAgain({ placed, metric, items }: Remeasured): MetricRow {
  return measure(placed.cell.task, metric, items);
}

export function hasColumns(table: ItemTable, metric: Metric): boolean {
  return columnsOf(metric).every((name) => {
    const column = table.columns.find((one) => one.name === name);
    return column !== undefined && column.type !== 'text' && column.values.length === table.rows;
  });
}

/** How many the first runs kept, before their numbers became multiples of a step as `eval/store/rounding.ts` makes them. */
const COARSE_DIGITS = 3;
/** Steps between two numbers of so many digits, at which a column of true numbers does not have all of its own beside them. */
const TELLING = 4;

/**
 * Whether measured numbers were rounded so far that metrics move, as in the first runs. The 16-bit numbers of the task
 * tell, whose step is the finest. Fractions are of counts, which are exact.
 */
export function isCoarse({ outcomes }: Submission, { placed, metric }: Remeasured): boolean {
  if (metric.unit === 'fraction') return false;
  const columns = outcomes?.tableOf(placed.cell.task, BASELINE)?.columns ?? [];
  return columns.some(({ type, values }) => type === 'double' && haveFewDigits(values));
}

function haveFewDigits(values: Float64Array): boolean {
  const others = values.filter((value) => value !== 0);
  const step = others.reduce((finest, value) => Math.min(finest, lowestBit(value)), Number.POSITIVE_INFINITY);
  const apart = others.map((value) => 10 ** (Math.floor(Math.log10(Math.abs(value))) + 1 - COARSE_DIGITS));
  const middle = apart.sort()[apart.length >> 1] ?? 0;
  const isNear = (value: number) => Math.abs(value - Number(value.toPrecision(COARSE_DIGITS))) <= step;
  return middle >= TELLING * step && others.every(isNear);
}

/** The largest power of two that a float32, not 0, is a multiple of. */
function lowestBit(value: number): number {
  let bit = 2 ** Math.floor(Math.log2(Math.abs(value)));
  while (value % bit !== 0) bit /= 2;
  return bit;
}

/** Items without a number were not compared with 16 bit, and no metric counts them. */
function comparedItems(task: string, table: ItemTable, metric: Metric): ItemTable {
  const names = columnsOf(metric);
  const uncompared = new Set(
    table.columns.flatMap(({ name, type, values }) =>
      type === 'double' && names.includes(name) ? notNumbers(values) : [],
    ),
  );
  if (uncompared.size === 0) return table;
  const kept = Array.from({ length: table.rows }, (_, row) => row).filter((row) => !uncompared.has(row));
  const columns = names.map((name) => {
    const values = numbersOf(task, table, name);
    return { name, type: 'double' as const, values: Float64Array.from(kept, (row) => values[row]!) };
  });
  return { rows: kept.length, columns };
}

function notNumbers(values: Float64Array): readonly number[] {
  const found: number[] = [];
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) found.push(row);
  return found;
}
