import { parseRecipe } from '../../../data/recipe.ts';
import { recipeColumns } from '../../../data/recipe-columns.ts';
import { methodFor } from '../../methods/index.ts';
import { didYouMean } from '../../nearest.ts';
import { inert, inertText } from '../problem.ts';
import { BASELINE, cellPath, placedCells } from './cells.ts';
import { defineRule, type Finding } from './rule.ts';

export const knownRecipe = defineRule({
  id: 'known-recipe',
  demands:
    'Recipes are written as the grammar has them, their methods are in data/methods.json, and the pipeline has them.',
  severity: 'refused',
  *check(submission, { catalogues }) {
    const methods = [...catalogues.methods.keys()];
    const byRecipe = Map.groupBy(placedCells(submission), ({ cell }) => cell.recipe);
    for (const [recipe, [first]] of byRecipe) {
      const path = cellPath(submission, first!.path, 'recipe');
      try {
        const { method_id } = recipeColumns(recipe);
        if (catalogues.methods.has(method_id)) yield* unsupported(recipe, path);
        else
          yield {
            path,
            found: inert(recipe),
            fix: `${didYouMean(method_id, methods)} Add the method to data/methods.json.`.trim(),
          };
      } catch (error) {
        yield { path, found: inert(recipe), fix: inertText((error as Error).message) };
      }
    }
  },
});

function* unsupported(id: string, path: Finding['path']): Iterable<Finding> {
  if (id === BASELINE) return;
  const recipe = parseRecipe(id);
  if (recipe.weights === null && recipe.sparsity === null && recipe.method === 'rtn') return;
  try {
    methodFor(recipe);
  } catch (error) {
    yield {
      path,
      found: `${inert(id)}, which the pipeline cannot make: ${inertText((error as Error).message)}`,
      fix: 'Send results of a method that is not in the pipeline as claimed rows.',
    };
  }
}
