/** The bits a weight that papers quote, beside those that are stored. */
import { changesWeights, type Recipe } from '../../data/recipe.ts';
import { methodFor } from './index.ts';

/** As its paper quotes them, without what comes on top such as scales; null where it quotes none. */
export function nominalBits(recipe: Recipe): number | null {
  if (!changesWeights(recipe)) return null;
  const method = methodFor(recipe);
  return method.nominalBits === undefined ? (recipe.weights?.bits ?? null) : method.nominalBits(recipe);
}

/** For the reader of a number: nothing where the recipe's own bits are the nominal ones. */
export function describeNominal(recipe: Recipe, bitsPerWeight: number): readonly string[] {
  const bits = nominalBits(recipe);
  if (bits === null || bits === recipe.weights?.bits) return [];
  const shown = (value: number) => Number(value.toFixed(3));
  return [
    `Its paper counts ${shown(bits)} bits a weight for this recipe; ${shown(bitsPerWeight)} are stored with everything that is needed to read them.`,
  ];
}
