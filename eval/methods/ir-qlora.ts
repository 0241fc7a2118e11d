/** IR-QLoRA's information-calibrated NF4, without LoRA: every group is shifted so that its codes carry the most information. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod } from './method.ts';
import { levelDeviations, levelReason } from './nf4.ts';
import { unknownSettings } from './settings.ts';

/** The search sorts a group, on a GPU in the memory of one block of threads. */
const LARGEST_GROUP = 1024;

const settings = z.strictObject({
  /** Input columns that share a scale and a shift. */
  group: z.int().positive().max(LARGEST_GROUP),
});

export const irQlora = defineMethod({
  id: 'ir-qlora',
  title: 'IR-QLoRA calibration',
  paper: { authors: 'Qin et al.', year: 2024, arxiv: '2402.05445', where: '§3.2' },
  deviations: [
    ...levelDeviations,
    'Only the information calibration of the weights: no LoRA adapters, no fine-tuning, no elastic connections.',
    'No shift at all is a candidate too, so that no group carries less information than with NF4.',
  ],
  needs: 'nothing',
  settings,
  supports: (recipe) => unknownSettings(recipe, []) ?? levelReason(recipe) ?? groupReason(recipe),
  fromRecipe: ({ weights }) => settings.parse({ group: weights?.group }),
  check: (linear, { group }) => void checkGroup('ir-qlora', linear, group),
  quantize: async (linear, { group }, { operations }) => ({
    packed: await operations.roundToLevels('ir-qlora', linear, { group, calibrated: true }),
    hessianLoss: null,
    notes: [],
  }),
});

function groupReason({ weights }: Recipe): string | null {
  const group = weights?.group ?? -1;
  if (group !== -1 && group <= LARGEST_GROUP) return null;
  return `groups of ${group === -1 ? 'whole rows' : group} are not supported; 1 to ${LARGEST_GROUP} columns are`;
}
