import { parseRecipe } from '../../../data/recipe.ts';
import { methodFor } from '../../methods/index.ts';
import { BASELINE, placedCells } from './cells.ts';
import { defineRule } from './rule.ts';

export const calibration = defineRule({
  id: 'calibration',
  demands:
    'A run with a recipe that needs calibration says on which text, how much of it, and in which order.',
  severity: 'refused',
  *check(submission) {
    if (submission.run.run.calibration !== null) return;
    const recipes = new Set(placedCells(submission).map(({ cell }) => cell.recipe));
    const recipe = [...recipes].find(isCalibrated);
    if (recipe === undefined) return;
    yield {
      path: ['run', 'calibration'],
      found: `none, with ${recipe}`,
      fix: 'Send the calibration that the pipeline wrote.',
    };
  },
});

function isCalibrated(id: string): boolean {
  if (id === BASELINE) return false;
  try {
    const recipe = parseRecipe(id);
    const changesWeights = recipe.weights !== null || recipe.sparsity !== null;
    return changesWeights && methodFor(recipe).needs !== 'nothing';
  } catch {
    return false;
  }
}
