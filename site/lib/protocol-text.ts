import type { BoardRow } from './db.ts';

type Protocol = Pick<BoardRow, 'metric' | 'is_primary' | 'shots' | 'context_length' | 'position'>;

/** Metrics that the task's own name and unit already say. */
function isPlainMetric({ metric, is_primary }: Protocol): boolean {
  return metric === 'accuracy' || (metric === 'perplexity' && is_primary === true);
}

/** How a value was made, where a task leaves a choice: `acc_norm, 5-shot, context 2048`. */
export function protocolText(row: Protocol): string {
  const parts = [
    isPlainMetric(row) ? null : row.metric,
    row.shots === null ? null : `${row.shots}-shot`,
    row.context_length === null ? null : `context ${row.context_length}`,
    row.position === null ? null : `position ${row.position}`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
