import { parseRecipe, type Recipe, type Sparsity } from './recipe.ts';

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
  /** See `paperBits`. */
  readonly paper_bits: number | null;
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
    sparsity: sparsity === null ? null : removedShare(sparsity),
    sparsity_pattern: sparsity?.kind === 'n:m' ? `${sparsity.n}:${sparsity.m}` : null,
    variant: recipe.variant,
    paper_bits: paperBits(recipe),
  };
}

/**
 * Bits a weight as papers quote them, without what comes on top such as scales; null where they quote none. Where weights are
 * pruned and quantized, the kept share of the bits and one bit of mask a weight: how Frantar and Alistarh 2023,
 * arXiv:2301.00774, §4.1 compare 50 % of 4-bit weights with 3 bits. Of pruning alone they quote the share.
 */
export function paperBits({ weights, sparsity }: Recipe): number | null {
  if (weights === null || sparsity === null) return weights?.bits ?? null;
  return weights.bits * (1 - removedShare(sparsity)) + 1;
}

function removedShare(sparsity: Sparsity): number {
  return sparsity.kind === 'share' ? Number(`${sparsity.percent}e-2`) : sparsity.n / sparsity.m;
}

function tensorOf(recipe: Recipe): Tensor {
  if (recipe.sparsity !== null) return 'prune';
  if (recipe.activations !== null) return 'WA';
  if (recipe.weights !== null) return recipe.kv === null ? 'W' : 'W+KV';
  return recipe.kv === null ? 'none' : 'KV';
}
