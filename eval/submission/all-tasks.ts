/** Tasks and metrics of the pipeline by id, for names that come from elsewhere. */
import { divergenceMetrics } from '../divergence.ts';
import { metrics } from '../metrics/index.ts';
import type { Metric } from '../metrics/metric.ts';
import { tasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';

export const allTasks: ReadonlyMap<string, Task> = new Map(
  Object.values(tasks).map((task) => [task.id, task as unknown as Task]),
);

export const allMetrics: ReadonlyMap<string, Metric> = new Map(
  Object.values(metrics).map((metric) => [metric.id, metric]),
);

/** What cells of a task can tell; empty for an unknown one. */
export function metricsOf(id: string): readonly Metric[] {
  const task = allTasks.get(id);
  if (task === undefined) return [];
  return task.kind === 'rolling' ? [...task.metrics, ...divergenceMetrics] : task.metrics;
}
