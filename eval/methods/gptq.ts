/** GPTQ: rounds column by column and lets the columns not yet done make up for the error, as the Hessian tells. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import { checkGroup } from '../operations/checks.ts';
import type { FactorHandle } from '../operations/operations.ts';
import { type DenseLinear, defineMethod } from './method.ts';
import * as grid from './rtn.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  ...grid.gridSettings.shape,
  /** Visit columns by falling H_ii. */
  actOrder: z.boolean(),
  /** Fit all grids on the original weights, before any correction. */
  staticGroups: z.boolean(),
  /** Share of mean(H_ii) added to the diagonal. */
  damping: z.number().min(0).max(1),
});

type Settings = z.infer<typeof settings>;

/** Frantar et al., reference code: percdamp. */
const DEFAULT_DAMPING = 0.01;

export const gptq = defineMethod({
  id: 'gptq',
  title: 'GPTQ',
  paper: { authors: 'Frantar et al.', year: 2022, arxiv: '2210.17323', where: 'Algorithm 1' },
  deviations: [
    ...grid.gridDeviations,
    'The grid of a group is fitted on weights that carry every earlier correction; with groups below 128 the reference code reads weights that lag inside the current block of 128 columns.',
    'Act-order sorts stably: columns with equal H_ii stay in their original order; the reference sort is unstable.',
    'H is summed, factorized and used in float64; the reference code uses float32.',
    'A Hessian that is not positive definite is tried again with ten times the damping, up to six times, then the layer is rounded to nearest; each is noted. The reference code fails.',
    'A layer without any calibration input, such as an expert that no token went to, is rounded to nearest and noted; the reference code would set all of its weights to zero.',
    'Weights of dead inputs are set to zero before every grid is fitted; the reference fits whole-row grids before that.',
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, [
      ...grid.GRID_SETTINGS,
      ...(['actOrder', 'staticGroups', 'trueSequential', 'damping'] as const),
    ]);
    if (unknown !== null) return unknown;
    if (recipe.weights === null) return 'gptq compresses weights, and the recipe gives no bits for them';
    if (recipe.staticGroups && recipe.weights.group === -1) {
      return 'static groups mean nothing with one group per row, whose grid is always fitted on the original weights';
    }
    if (recipe.damping !== null && recipe.damping > 1) return `a damping of ${recipe.damping} is above 1`;
    return grid.integerReason(recipe);
  },
  fromRecipe: (recipe): Settings => ({
    ...grid.gridFromRecipe(recipe),
    actOrder: recipe.actOrder,
    staticGroups: recipe.staticGroups,
    damping: recipe.damping ?? DEFAULT_DAMPING,
  }),
  check: (linear, { group }) => void checkGroup('gptq', linear, group),
  async quantize(linear, settings, { statistics: hessian, operations }) {
    if (hessian.K !== linear.K) throw methodErrors.hessianShape('gptq', linear.name, linear.K, hessian.K);
    checkGroup('gptq', linear, settings.group);
    const factor = await hessian.factor(settings.damping, settings.actOrder);
    const notes = notesOf(linear, settings, factor);
    if (factor.state !== 'found') {
      const packed = await operations.roundToNearest('gptq', linear, settings);
      return { packed, hessianLoss: null, notes };
    }
    const { packed, loss } = await operations.roundColumns('gptq', linear, settings, factor);
    return { packed, hessianLoss: loss, notes };
  },
});

function notesOf(
  { name }: DenseLinear,
  settings: Settings,
  { state, dead, damping }: FactorHandle,
): string[] {
  switch (state) {
    case 'empty':
      return [
        `${name}: all its inputs were zero, or none came, in the calibration data; rounded to nearest instead.`,
      ];
    case 'none':
      return [
        `${name}: the Hessian has no factor up to a damping of ${damping}; rounded to nearest instead.`,
      ];
    case 'found':
      return foundNotes(name, settings, dead, damping);
  }
}

function foundNotes(name: string, settings: Settings, dead: number, damping: number): string[] {
  const notes: string[] = [];
  if (dead > 0) {
    notes.push(`${name}: ${dead} inputs were zero in all calibration data; their weights are zero now.`);
  }
  if (damping !== settings.damping) {
    notes.push(
      `${name}: the Hessian is not positive definite at a damping of ${settings.damping}; ${damping} was used.`,
    );
  }
  return notes;
}
