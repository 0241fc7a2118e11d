/** Round to nearest: every weight on the grid of its group, no data needed. The plug-in to copy for a new method. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason } from '../engines/forward-quantizer.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

/** The grid of a weight-only integer method. */
export const gridSettings = z.strictObject({
  bits: z.int().min(2).max(8),
  /** Input columns that share a scale; −1: the whole row. */
  group: z.union([z.literal(-1), z.int().positive()]),
  symmetric: z.boolean(),
  range: z.enum(['zero', 'minmax', 'free']),
  mse: z.boolean(),
});

export type GridSettings = z.infer<typeof gridSettings>;

/** Deviations that come with the grid, whatever the method. */
export const gridDeviations = [
  'Scales are rounded to half precision before zeros and codes are chosen, so the stored model is the evaluated one; reference codes keep float32 scales while quantizing.',
  'Symmetric with range "zero" always spans [−a, a]; the reference code narrows an all-positive row to [0, a] but keeps its zero in the middle, which clips the upper half.',
  'Range "free" has no learned clipping: its factor on the range is 1.',
] as const;

/** Optional settings that every method on such grids has. */
export const GRID_SETTINGS = ['symmetric', 'range', 'mse'] as const;

export const rtn = defineMethod({
  id: 'rtn',
  title: 'Round to nearest',
  paper: null,
  deviations: [...gridDeviations],
  needs: 'nothing',
  settings: gridSettings,
  supports(recipe) {
    return unknownSettings(recipe, GRID_SETTINGS) ?? integerReason(recipe);
  },
  fromRecipe: gridFromRecipe,
  check: (linear, { group }) => void checkGroup('rtn', linear, group),
  quantize: async (linear, settings, { operations }) => ({
    packed: await operations.roundToNearest('rtn', linear, settings),
    hessianLoss: null,
    notes: [],
  }),
});

/** Why a recipe is not integer quantization that this pipeline can run; null where it is. */
export function integerReason(recipe: Recipe): string | null {
  return weightReason(recipe) ?? forwardReason(recipe);
}

function weightReason({ method, weights, activations, kv, mse }: Recipe): string | null {
  if (weights === null) {
    if (activations === null && kv === null) return `${method} is given no bits for anything`;
    return mse ? 'range search (mse) is for weights, and it leaves weights alone' : null;
  }
  if (!Number.isInteger(weights.bits) || weights.bits < 2 || weights.bits > 8) {
    return `${weights.bits}-bit weights are not supported; 2 to 8 whole bits are`;
  }
  return weights.group === null ? 'the recipe leaves the group size open' : null;
}

export function gridFromRecipe({ weights, symmetric, range, mse }: Recipe): GridSettings {
  return gridSettings.parse({ bits: weights?.bits, group: weights?.group, symmetric, range, mse });
}
