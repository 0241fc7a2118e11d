/** Whom to hold a single recipe against: the plainest one of the same size and source, else the uncompressed model. */
import type { Side } from './compare-state.ts';
import { type CompareModel, type CompareRecipe, recipeOf } from './compare-types.ts';

/** Plain rounding, and removing the smallest weights. */
const PLAIN = ['rtn', 'magnitude'];

export function partnerOf(model: CompareModel, side: Side): Side | null {
  const own = recipeOf(model, side);
  if (own === undefined) return null;
  const others = model.recipes.filter(({ recipe, source }) => source === own.source && recipe !== own.recipe);
  const isAlike = (one: CompareRecipe) => one.chips.join(' ') === own.chips.join(' ');
  const partner =
    others.find((one) => PLAIN.includes(one.method) && one.method !== own.method && isAlike(one)) ??
    others.find((one) => one.is_baseline);
  return partner === undefined ? null : { model: model.id, recipe: partner.recipe, source: partner.source };
}
