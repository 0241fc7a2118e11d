/** HQQ: the zero of every group is solved for, with a norm that lets a few weights be far off; no data needed. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason } from '../engines/forward-quantizer.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  bits: z.int().min(1).max(8),
  /** Input columns that share a scale; −1: the whole row. */
  group: z.union([z.literal(-1), z.int().positive()]),
});

export const hqq = defineMethod({
  id: 'hqq',
  title: 'HQQ',
  paper: { authors: 'Badri & Shaji', year: 2023, where: 'equations 4 to 8 (Mobius Labs, no arXiv entry)' },
  deviations: [
    'Each group keeps the zero with the least error of all on the way, a whole number next to the first among them; the reference code stops all groups together as soon as the mean error of the matrix grows, and keeps the last zero.',
    'Groups are neighbouring input columns of a row; the reference code can also group rows, and did so by default at first.',
    'Scales may be below 1/20000, where the reference code clamps them.',
    'Scales and zeros are stored in half precision; quantizing the zeros once more, as early releases of the reference code did, is left out.',
  ],
  needs: 'nothing',
  settings,
  supports: (recipe) => unknownSettings(recipe, []) ?? reasonAgainst(recipe),
  fromRecipe: ({ weights }) => settings.parse({ bits: weights?.bits, group: weights?.group }),
  check: (linear, { group }) => void checkGroup('hqq', linear, group),
  quantize: async (linear, rule, { operations }) => ({
    packed: await operations.solveZeros('hqq', linear, rule),
    hessianLoss: null,
    notes: [],
  }),
});

function reasonAgainst(recipe: Recipe): string | null {
  const { method, weights } = recipe;
  if (weights === null) return `${method} compresses weights, and the recipe gives no bits for them`;
  if (!Number.isInteger(weights.bits) || weights.bits < 1 || weights.bits > 8)
    return `${weights.bits}-bit weights are not supported; 1 to 8 whole bits are`;
  if (weights.group === null) return 'the recipe leaves the group size open';
  return forwardReason(recipe);
}
