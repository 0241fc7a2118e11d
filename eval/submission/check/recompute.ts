import { metricPath } from './cells.ts';
import { isCoarse, measureAgain, type Remeasured, remeasurable } from './remeasured.ts';
import { defineRule, type Finding, type Submission } from './rule.ts';

/** In standard errors. What rounding of outcomes keeps is far below, see `eval/store/rounding.ts`. */
const ROUNDING = 0.02;
/** Of coarse outcomes. */
const COARSE = 0.1;
/** Of a standard error. */
const ERROR_SHARE = 0.02;

export const recompute = defineRule({
  id: 'recompute',
  demands: 'Every value, standard error and number of items comes out again from the outcomes of the items.',
  severity: 'refused',
  *check(submission) {
    for (const one of remeasurable(submission)) {
      const again = measureAgain(one);
      const at = (field: 'value' | 'std_error') => metricPath(submission, one.placed.path, one.index, field);
      if (again.n !== one.sent.n)
        yield { path: at('value'), found: `${one.sent.n} items`, fix: `Outcomes of ${again.n} were sent.` };
      const distance = Math.abs(again.value - one.sent.value);
      // Not a number is far from every number.
      if (!(distance <= allowedOf(one, ROUNDING)))
        yield { path: at('value'), ...told(submission, one, one.sent.value, again.value, distance) };
      if (errorDiffers(one, again.std_error))
        yield {
          path: at('std_error'),
          found: `the standard error ${one.sent.std_error} of ${nameOf(one)}`,
          fix: `The outcomes give ${again.std_error}; send what the pipeline computed.`,
        };
    }
  },
});

function told(
  submission: Submission,
  one: Remeasured,
  sent: number,
  again: number,
  distance: number,
): Omit<Finding, 'path'> {
  const isRounded = distance <= allowedOf(one, COARSE) && isCoarse(submission, one);
  return {
    found: `${sent} for ${nameOf(one)}`,
    fix: `The outcomes give ${again}; send what the pipeline computed, with the outcomes that it packed.`,
    severity: isRounded ? 'flagged' : 'refused',
  };
}

/** Counts are stored exactly, and so are their shares. */
function isExact({ metric, items }: Remeasured): boolean {
  return 'sum' in metric && items.columns.find(({ name }) => name === metric.sum)?.type === 'bool';
}

function allowedOf(one: Remeasured, standardErrors: number): number {
  const slack = 1e-9 * Math.max(1, Math.abs(one.sent.value));
  return isExact(one) ? slack : standardErrors * (one.sent.std_error ?? 0) + slack;
}

function errorDiffers({ sent }: Remeasured, again: number | null): boolean {
  if (sent.std_error === null || again === null) return sent.std_error !== again && sent.n > 1;
  return !(Math.abs(sent.std_error - again) <= ERROR_SHARE * again + 1e-9);
}

const nameOf = ({ placed, sent }: Remeasured) =>
  `${sent.metric} of ${placed.cell.recipe} on ${placed.cell.task}`;
