/** Measures the metrics of cells again from the outcomes that were sent. */
import type { FinishedCell, Metric as MetricRow } from '../../../data/schema.ts';
import { type ItemTable, numbersOf } from '../../items.ts';
import { columnsOf, type Metric } from '../../metrics/metric.ts';
import { measure } from '../../stats/measure.ts';
import { metricsOf } from '../all-tasks.ts';
import { finishedCells, type PlacedCell } from './cells.ts';
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

/** Every metric whose columns were sent; what is missing is told by the rule `outcomes-complete`. */
export function* remeasurable(submission: Submission): Iterable<Remeasured> {
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

/** Items without a number were not compared with 16 bit, and no metric counts them. */
function comparedItems(task: string, table: ItemTable, metric: Metric): ItemTable {
  const names = columnsOf(metric);
  const all = names.map((name) => numbersOf(task, table, name));
  if (all.every((values) => !values.some(Number.isNaN))) return table;
  const kept = Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => !all.some((values) => Number.isNaN(values[row])),
  );
  const columns = names.map((name, index) => ({
    name,
    type: 'double' as const,
    values: Float64Array.from(kept, (row) => all[index]![row]!),
  }));
  return { rows: kept.length, columns };
}
