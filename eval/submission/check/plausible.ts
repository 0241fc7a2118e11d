import { formatRecipe, parseRecipe } from '../../../data/recipe.ts';
import type { FinishedCell, Metric } from '../../../data/schema.ts';
import { allMetrics } from '../all-tasks.ts';
import { BASELINE, finishedCells, metricPath } from './cells.ts';
import { type Around, defineRule } from './rule.ts';

/** In standard errors of a difference: of ten thousand differences by chance, one is larger than the first. */
const UNLIKELY = 4;
const LARGE = 6;
/** Fewer bits are not better than 16, not even by luck. */
const FEW_BITS = 2;
const LUCK = 2;
/** A difference that nobody would look at is not shown, however sure: of a fraction, or of a share of the value. */
const SMALLEST = 0.02;

export const plausible = defineRule({
  id: 'plausible',
  demands:
    'A cell that is better than 16 bit or than one with more bits, or far from what others measured, is shown to a person.',
  severity: 'flagged',
  *check(submission, around) {
    const odd = finishedCells(submission).flatMap(({ cell, path }) =>
      [...oddities(cell, around, submission.file)].map(([kind, found]) => ({
        kind,
        found,
        task: cell.task,
        path,
      })),
    );
    // What one task has in all recipes is one thing to look at.
    for (const [first, ...others] of Map.groupBy(odd, ({ kind, task }) => `${kind} ${task}`).values())
      yield {
        path: metricPath(submission, first!.path, 0, 'value'),
        found: `${first!.found}${others.length === 0 ? '' : `, and ${others.length} more recipes like that`}`,
        fix: `Look at the outcomes, or measure the run again: pnpm eval reproduce ${submission.file}.`,
      };
  },
});

type Kind = 'elsewhere' | 'baseline' | 'bits';

function* oddities(cell: FinishedCell, { published }: Around, file: string): Iterable<[Kind, string]> {
  const [metric] = cell.metrics as [Metric];
  const own = (recipe: string) => published.metricOf({ ...cell, recipe }, file);
  const name = `${metric.value} for ${metric.metric} of ${cell.recipe} on ${cell.task}`;
  for (const other of published.cellsOf(cell)) {
    if (other.metric.metric !== metric.metric || Math.abs(distance(metric, other.metric)) <= LARGE) continue;
    const elsewhere = other.files.find((one) => one !== file);
    if (elsewhere === undefined) continue;
    yield ['elsewhere', `${name}, and ${other.metric.value} in ${elsewhere}`];
    break;
  }
  if (cell.recipe === BASELINE) return;
  const baseline = own(BASELINE);
  const bits = bitsOf(cell.recipe);
  if (
    baseline !== undefined &&
    better(metric, baseline) > (bits !== null && bits <= FEW_BITS ? LUCK : UNLIKELY)
  )
    yield ['baseline', `${name}, better than the ${baseline.value} of 16 bit`];
  const more = moreBits(cell.recipe).find((recipe) => own(recipe) !== undefined);
  if (more !== undefined && better(metric, own(more)!) > UNLIKELY)
    yield ['bits', `${name}, better than the ${own(more)!.value} of ${more}`];
}

/** In standard errors, above zero where the first is better; 0 where the difference is too small to matter. */
function better(one: Metric, other: Metric): number {
  const isHigherBetter = allMetrics.get(one.metric)?.higherIsBetter ?? true;
  return isHigherBetter ? distance(one, other) : distance(other, one);
}

function distance(one: Metric, other: Metric): number {
  const difference = one.value - other.value;
  const scale = one.unit === 'fraction' || one.unit === 'rate' ? 1 : Math.abs(other.value);
  if (one.metric !== other.metric || Math.abs(difference) < SMALLEST * scale) return 0;
  return difference / Math.hypot(one.std_error ?? 0, other.std_error ?? 0, Number.EPSILON);
}

function bitsOf(id: string): number | null {
  try {
    return parseRecipe(id).weights?.bits ?? null;
  } catch {
    return null;
  }
}

/** The same recipe with more bits a weight, the nearest first. */
function moreBits(id: string): readonly string[] {
  const bits = bitsOf(id);
  if (bits === null) return [];
  const recipe = parseRecipe(id);
  const { weights } = recipe;
  return [1, 2, 3, 4]
    .map((step) => Math.floor(bits) + step)
    .map((wider) => formatRecipe({ ...recipe, weights: { ...weights!, bits: wider } }));
}
