/** Whether a finished cell can be stored. */
import { type FailedCell, type FinishedCell, finishedCellSchema } from '../../data/schema.ts';
import { runErrors } from '../errors/run.ts';

/** The cell, or a failed one that says why: a result that cannot be stored, such as an infinite perplexity, is none. */
export function checkedCell(finished: FinishedCell): FinishedCell | FailedCell {
  const checked = finishedCellSchema.safeParse(finished);
  if (checked.success) return finished;
  const { bits_per_weight: _, size_bytes: __, metrics: ___, items: ____, notes: _____, ...base } = finished;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { ...base, error: runErrors.invalidResult(problems) };
}
