/** What the page of a model tells beside its rows. */

import { recipeRows } from './board-rows.ts';
import { type RecipeByAbilityRow, rows, rowsOf } from './db.ts';
import { type KeptGrid, keptGrid } from './kept-grid.ts';
import { once } from './once.ts';
import type { RecipeRow } from './row-types.ts';

export interface ModelPage {
  /** Recipes over all abilities, in the board's order. */
  readonly recipes: readonly RecipeRow[];
  /** The most kept in each ability at each size. */
  readonly abilities: KeptGrid;
  /** Abilities that some model was tested in and this one was not. */
  readonly missingAbilities: readonly string[];
  /** Usual sizes for which no recipe that compresses weights is known. */
  readonly missingBits: readonly number[];
  /** Its tensors were looked at, and there are no keys and values among them. */
  readonly hasNoCache: boolean;
}

const USUAL_BITS = [8, 4, 3, 2];

const overall = once(async () =>
  Map.groupBy(
    (await recipeRows()).filter(({ ability }) => ability === 'all'),
    ({ model }) => model,
  ),
);

export async function modelPage(model: string): Promise<ModelPage> {
  const all = await rows('recipe_by_ability');
  const mine = await rowsOf('recipe_by_ability', 'model_id', model);
  const tested = new Set(mine.map(({ ability }) => ability));
  const best = mine.filter(({ is_best }) => is_best);
  const bits = new Set(best.map(({ nominal_bits }) => nominal_bits));
  const tensors = await rowsOf('tensor_summary', 'model_id', model);
  return {
    recipes: (await overall()).get(model) ?? [],
    abilities: keptGrid(best.filter(({ ability }) => ability !== 'all').map(bestCell)),
    missingAbilities: [...new Set(all.map(({ ability }) => ability))]
      .filter((ability) => !tested.has(ability))
      .sort(),
    missingBits: USUAL_BITS.filter((number) => !bits.has(number)),
    hasNoCache: tensors.length > 0 && !tensors.some(({ tensor }) => tensor === 'key' || tensor === 'value'),
  };
}

function bestCell(row: RecipeByAbilityRow) {
  return {
    row: row.ability,
    bits: row.nominal_bits!,
    kept: row.kept,
    note: row.method_title ?? row.method_id,
  };
}
