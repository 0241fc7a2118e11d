/** NF4: codes for levels that are quantiles of the normal distribution, with scales that are quantized once more. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason } from '../engines/forward-quantizer.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

export const levelSettings = z.strictObject({
  /** Input columns that share a scale; −1: the whole row. */
  group: z.union([z.literal(-1), z.int().positive()]),
});

/** Deviations that come with the levels, whatever the method. */
export const levelDeviations = [
  'A weight that lies exactly between two levels gets the lower one; borders between levels are scaled by the largest weight of a group, where the reference code divides the weight by it.',
] as const;

export const nf4 = defineMethod({
  id: 'nf4',
  title: 'NF4',
  paper: { authors: 'Dettmers et al.', year: 2023, arxiv: '2305.14314', where: '§3' },
  deviations: [...levelDeviations],
  needs: 'nothing',
  settings: levelSettings,
  supports: (recipe) => unknownSettings(recipe, []) ?? levelReason(recipe),
  fromRecipe: ({ weights }) => levelSettings.parse({ group: weights?.group }),
  check: (linear, { group }) => void checkGroup('nf4', linear, group),
  quantize: async (linear, { group }, { operations }) => ({
    packed: await operations.roundToLevels('nf4', linear, { group, calibrated: false }),
    hessianLoss: null,
    notes: [],
  }),
});

/** Why a recipe is not a 4-bit NormalFloat that this pipeline can run; null where it is. */
export function levelReason(recipe: Recipe): string | null {
  const { method, weights } = recipe;
  if (weights === null) return `${method} compresses weights, and the recipe gives no bits for them`;
  if (weights.bits !== 4)
    return `${weights.bits}-bit weights are not supported; its levels are those of 4 bits`;
  if (weights.group === null) return 'the recipe leaves the group size open';
  return forwardReason(recipe);
}
