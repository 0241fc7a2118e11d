import { parseRecipe, type Recipe } from './recipe.ts';

/** What a recipe compresses. */
export type Tensor = 'none' | 'W' | 'WA' | 'KV' | 'W+KV' | 'prune';

/** A recipe taken apart into the columns of the `recipe` table. */
export interface RecipeColumns {
  readonly recipe_id: string;
  readonly method_id: string;
  readonly tensor: Tensor;
  readonly w_bits: number | null;
  readonly a_bits: number | null;
  readonly kv_bits: number | null;
  readonly group_size: number | null;
  readonly sparsity: number | null;
  readonly sparsity_pattern: string | null;
  readonly variant: string | null;
}

/** Few ids stand in many rows. */
const known = new Map<string, RecipeColumns>();

/** Throws `recipe/invalid` for an id that is not canonical. */
export function recipeColumns(id: string): RecipeColumns {
  const columns = known.get(id) ?? makeColumns(id);
  known.set(id, columns);
  return columns;
}

function makeColumns(id: string): RecipeColumns {
  const recipe = parseRecipe(id);
  const { sparsity } = recipe;
  return {
    recipe_id: id,
    method_id: recipe.method,
    tensor: tensorOf(recipe),
    w_bits: recipe.weights?.bits ?? null,
    a_bits: recipe.activations?.bits ?? null,
    kv_bits: recipe.kv?.bits ?? null,
    group_size: (recipe.weights ?? recipe.kv)?.group ?? null,
    sparsity:
      sparsity === null
        ? null
        : sparsity.kind === 'share'
          ? Number(`${sparsity.percent}e-2`)
          : sparsity.n / sparsity.m,
    sparsity_pattern: sparsity?.kind === 'n:m' ? `${sparsity.n}:${sparsity.m}` : null,
    variant: recipe.variant,
  };
}

function tensorOf(recipe: Recipe): Tensor {
  if (recipe.sparsity !== null) return 'prune';
  if (recipe.activations !== null) return 'WA';
  if (recipe.weights !== null) return recipe.kv === null ? 'W' : 'W+KV';
  return recipe.kv === null ? 'none' : 'KV';
}
