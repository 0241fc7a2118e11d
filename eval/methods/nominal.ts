/** The bits a weight that papers quote, beside those that are stored. */
import type { Recipe } from '../../data/recipe.ts';
import { paperBits } from '../../data/recipe-columns.ts';

/** For the reader of a number: nothing where the recipe's own bits are the nominal ones. */
export function describeNominal(recipe: Recipe, bitsPerWeight: number): readonly string[] {
  const bits = paperBits(recipe);
  if (bits === null || bits === recipe.weights?.bits) return [];
  const shown = (value: number) => Number(value.toFixed(3));
  return [
    `Its paper counts ${shown(bits)} bits a weight for this recipe; ${shown(bitsPerWeight)} are stored with everything that is needed to read them.`,
  ];
}
