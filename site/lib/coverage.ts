/** How much is known about each model, method, task or source: counts only, no scores. */
import { select } from './db.ts';

export interface Coverage {
  readonly id: string;
  readonly n: number;
  readonly models: number;
  readonly methods: number;
  readonly tasks: number;
  readonly sources: number;
  readonly doubtful: number;
  readonly measured: number;
  readonly failed: number;
}

type Column = 'model_id' | 'method_id' | 'task_id' | 'source_id';

const found = new Map<Column, Promise<ReadonlyMap<string, Coverage>>>();

/** Counts by the values of a column of the board. */
export function coverage(column: Column): Promise<ReadonlyMap<string, Coverage>> {
  const known = found.get(column) ?? count(column);
  found.set(column, known);
  return known;
}

async function count(column: Column): Promise<ReadonlyMap<string, Coverage>> {
  const rows = await select<Coverage>(`
    SELECT ${column} AS id, count(*)::INTEGER AS n, count(DISTINCT model_id)::INTEGER AS models,
      count(DISTINCT method_id) FILTER (method_id <> 'fp16')::INTEGER AS methods,
      count(DISTINCT task_id)::INTEGER AS tasks, count(DISTINCT source_id)::INTEGER AS sources,
      count(*) FILTER (suspect)::INTEGER AS doubtful,
      count(*) FILTER (origin = 'measured' AND error_code IS NULL)::INTEGER AS measured,
      count(*) FILTER (error_code IS NOT NULL)::INTEGER AS failed
    FROM board GROUP BY 1`);
  return new Map(rows.map((row) => [row.id, row]));
}
