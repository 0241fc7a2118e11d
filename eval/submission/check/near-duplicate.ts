import type { FinishedCell } from '../../../data/schema.ts';
import { BASELINE, finishedCells, type PlacedCell } from './cells.ts';
import type { Published } from './published.ts';
import { defineRule } from './rule.ts';

export const nearDuplicate = defineRule({
  id: 'near-duplicate',
  demands:
    'Numbers that are equal to the last digit to those of another recipe, or of another file under other keys, are shown to a person.',
  severity: 'flagged',
  *check(submission, { published }) {
    const byRecipe = Map.groupBy(finishedCells(submission), ({ cell }) => cell.recipe);
    const seen = new Map<string, string>();
    for (const [recipe, cells] of byRecipe) {
      if (recipe === BASELINE) continue;
      // Few right answers are often as many; numbers with many digits are not.
      const measured = cells.filter(({ cell }) => cell.metrics.some(isMeasured));
      if (measured.length === 0) continue;
      const numbers = JSON.stringify(measured.map(({ cell }) => [cell.task, numbersOf(cell)]));
      const twin = seen.get(numbers);
      if (twin !== undefined)
        yield {
          path: cells[0]!.path,
          found: `${recipe} with the numbers of ${twin} on ${measured.length} tasks`,
          fix: 'Say how two recipes come to the same numbers.',
        };
      seen.set(numbers, recipe);
      const files = measured.map((placed) => copyOf(placed, submission.file, published));
      if (files[0] !== undefined && files.every((file) => file !== undefined))
        yield {
          path: cells[0]!.path,
          found: `${recipe} with the numbers that ${files[0]} has under other keys`,
          fix: 'Say what differs: the same content has the same key.',
        };
    }
  },
});

const isMeasured = ({ unit, value }: FinishedCell['metrics'][number]) => unit !== 'fraction' && value !== 0;
const numbersOf = ({ metrics }: FinishedCell) => metrics.map(({ value, std_error }) => [value, std_error]);

function copyOf({ cell }: PlacedCell<FinishedCell>, file: string, published: Published): string | undefined {
  const [{ value, std_error }] = cell.metrics as [FinishedCell['metrics'][number]];
  for (const other of published.cellsOf(cell)) {
    const { metric, cellKey, files } = other;
    if (cellKey === cell.cell_key || metric.value !== value || metric.std_error !== std_error) continue;
    const elsewhere = files.find((one) => one !== file);
    if (elsewhere !== undefined) return elsewhere;
  }
  return undefined;
}
