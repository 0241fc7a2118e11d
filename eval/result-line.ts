/** One line for a person about one cell. */
import type { FailedCell, FinishedCell, Metric } from '../data/schema.ts';
import { describeDuration } from './duration.ts';

const RECIPE_WIDTH = 24;
const TASK_WIDTH = 16;

/** `gptq-w3g128   world-text   perplexity 9.31 ± 0.05, kept 91.2–93.0 %   3.2 s` */
export function describeCell({ recipe, task, metrics, wall_ms }: FinishedCell): string {
  return [name(recipe, task), metrics.map(describeMetric).join('  '), describeDuration(wall_ms)].join('  ');
}

export function describeFailure({ recipe, task, error }: FailedCell): string {
  return `${name(recipe, task)}  failed: ${error.message}`;
}

function name(recipe: string, task: string): string {
  return `${recipe.padEnd(RECIPE_WIDTH)} ${task.padEnd(TASK_WIDTH)}`;
}

function describeMetric({ metric, unit, value, std_error, paired }: Metric): string {
  const isShare = unit === 'fraction';
  const error = std_error === null ? '' : ` ± ${number(std_error, isShare)}`;
  const hasInterval = paired !== null && paired.kept_low !== null && paired.kept_high !== null;
  const kept = hasInterval ? `, kept ${percent(paired.kept_low!)}–${percent(paired.kept_high!)} %` : '';
  return `${metric} ${number(value, isShare)}${error}${isShare ? ' %' : ''}${kept}`;
}

function number(value: number, isShare: boolean): string {
  return isShare
    ? percent(value)
    : Math.abs(value) >= 100_000 || (value !== 0 && Math.abs(value) < 0.01)
      ? value.toExponential(2)
      : value.toFixed(Math.abs(value) < 100 ? 3 : 1);
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}
