/** What the pruning methods share: how much is removed, and the grids of what is left where that is quantized too. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason } from '../engines/forward-quantizer.ts';
import { checkGroup, checkPattern, checkPatternGroup } from '../operations/checks.ts';
import { gridFromRecipe, gridSettings, integerReason } from './rtn.ts';
import { type OptionalSetting, unknownSettings } from './settings.ts';

/** Longest run of an n:m pattern: that of a block of columns in SparseGPT. */
const MAX_RUN = 128;

export const pruneSettings = z.strictObject({
  /** A share in percent, or n removed of every m neighbours in a row. */
  sparsity: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('share'), percent: z.number().min(0).lt(100) }),
    z.strictObject({ kind: z.literal('n:m'), n: z.int().positive(), m: z.int().min(2).max(MAX_RUN) }),
  ]),
  /** Of the weights that are kept; null: they stay at 16 bits. */
  grid: gridSettings.nullable(),
});

export type PruneSettings = z.infer<typeof pruneSettings>;

/** Settings that every pruning method has; those after the first are for weights that are quantized too. */
export const PRUNE_SETTINGS = ['sparsity', 'symmetric', 'range', 'mse'] as const;

/** Deviations that come with removing weights, whatever the method. */
export const pruneDeviations = [
  'Exactly the nearest whole number of weights to the share is removed, of equal scores the first in row order; the reference code takes every weight up to the score at that place, one more and all that tie with it.',
  'n:m means that n of every m neighbours in a row are removed, as in the code of the papers; at 1:2, 2:4 and 4:8 that is also the number kept.',
  'Weights that are kept have the 16-bit type of the checkpoint, or 32 bits where that has 32; the mask is stored and counted.',
] as const;

/** Why a recipe is not pruning that this pipeline can run; null where it is. */
export function pruneReason(recipe: Recipe): string | null {
  const { method, sparsity, weights, activations, kv, symmetric, range, mse } = recipe;
  if (sparsity === null)
    return `${method} removes weights, and the recipe does not say how many: add s50 or 2:4`;
  if (sparsity.kind === 'share' && sparsity.percent >= 100)
    return `a share of ${sparsity.percent} % leaves no weight; 0 to below 100 % can be removed, and studies go up to 80`;
  if (sparsity.kind === 'n:m' && (sparsity.n >= sparsity.m || sparsity.m > MAX_RUN))
    return `${sparsity.n} of every ${sparsity.m} weights cannot be removed; the first number must be below the second, and that at most ${MAX_RUN}, as in 2:4`;
  if (weights !== null) return integerReason(recipe);
  const isRounded = activations !== null || kv !== null;
  if (symmetric || mse || (range !== 'zero' && !isRounded))
    return 'sym, mse and range conventions are for integers, and the recipe gives no bits for any';
  return forwardReason(recipe);
}

export function pruneFromRecipe(recipe: Recipe): PruneSettings {
  const { sparsity, weights } = recipe;
  return pruneSettings.parse({ sparsity, grid: weights === null ? null : gridFromRecipe(recipe) });
}

/** What a method is whose settings are those of pruning alone; @param others settings that it takes besides */
export function pruningParts(id: string, others: readonly OptionalSetting[] = []) {
  return {
    settings: pruneSettings,
    supports: (recipe: Recipe) =>
      unknownSettings(recipe, [...PRUNE_SETTINGS, ...others]) ?? pruneReason(recipe),
    fromRecipe: pruneFromRecipe,
    check: (linear: { readonly name: string; readonly K: number }, settings: PruneSettings) =>
      checkPruning(id, linear, settings),
  };
}

/** Throws `method/pattern`, `method/group-size`. */
function checkPruning(
  method: string,
  linear: { readonly name: string; readonly K: number },
  { sparsity, grid }: PruneSettings,
): void {
  checkPattern(method, linear, sparsity);
  if (grid !== null) checkGroup(method, linear, grid.group);
}

/** Throws as `checkPruning`, and `method/pattern-group`: grids are fitted on the way from column to column. */
export function checkColumnPruning(
  method: string,
  linear: { readonly name: string; readonly K: number },
  settings: PruneSettings,
): void {
  checkPruning(method, linear, settings);
  const { sparsity, grid } = settings;
  if (grid !== null) checkPatternGroup(method, linear.name, sparsity, checkGroup(method, linear, grid.group));
}
