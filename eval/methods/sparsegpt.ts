/** SparseGPT: removes weights column by column and lets the columns not yet done make up for them, as the Hessian tells. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import type { FactorHandle } from '../operations/operations.ts';
import { defineMethod } from './method.ts';
import {
  checkColumnPruning,
  PRUNE_SETTINGS,
  pruneDeviations,
  pruneFromRecipe,
  pruneReason,
  pruneSettings,
} from './pruning.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  ...pruneSettings.shape,
  /** Share of mean(H_ii) added to the diagonal. */
  damping: z.number().min(0).max(1),
});

/** Frantar and Alistarh, reference code: percdamp. */
const DEFAULT_DAMPING = 0.01;

export const sparsegpt = defineMethod({
  id: 'sparsegpt',
  title: 'SparseGPT',
  paper: { authors: 'Frantar and Alistarh', year: 2023, arxiv: '2301.00774', where: 'Algorithm 1' },
  deviations: [
    ...pruneDeviations,
    'Kept weights are rounded to the type they are stored in on the way, and later columns make up for that too; the reference code casts the finished matrix.',
    'Grids of kept weights are fitted group by group to the updated weights, as GPTQ does; the reference code fits one grid a row to the original weights.',
    'H is summed, factorized and used in float64; the reference code uses float32.',
    'A Hessian that is not positive definite is tried again with ten times the damping, up to six times; then, or without any calibration input, the matrix is pruned by the size of its weights. Each is noted. The reference code fails.',
  ],
  needs: 'hessian',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, [...PRUNE_SETTINGS, 'trueSequential', 'damping']);
    if (unknown !== null) return unknown;
    if (recipe.damping !== null && recipe.damping > 1) return `a damping of ${recipe.damping} is above 1`;
    return pruneReason(recipe);
  },
  fromRecipe: (recipe) => ({ ...pruneFromRecipe(recipe), damping: recipe.damping ?? DEFAULT_DAMPING }),
  check: (linear, settings) => void checkColumnPruning('sparsegpt', linear, settings),
  async quantize(linear, { sparsity, grid, damping }, { statistics: hessian, operations }) {
    if (hessian.K !== linear.K)
      throw methodErrors.hessianShape('sparsegpt', linear.name, linear.K, hessian.K);
    checkColumnPruning('sparsegpt', linear, { sparsity, grid });
    const factor = await hessian.factor(damping, false);
    const notes = notesOf(linear.name, damping, factor);
    if (factor.state !== 'found') {
      const rule = { sparsity, grid, scope: 'matrix', scale: null } as const;
      return {
        packed: await operations.pruning.byScore('sparsegpt', linear, rule),
        hessianLoss: null,
        notes,
      };
    }
    const { packed, loss } = await operations.pruning.byColumn(
      'sparsegpt',
      linear,
      { sparsity, grid },
      factor,
    );
    return { packed, hessianLoss: loss, notes };
  },
});

function notesOf(name: string, asked: number, { state, dead, damping }: FactorHandle): string[] {
  const instead = 'pruned by the size of its weights alone instead.';
  if (state === 'empty')
    return [`${name}: all its inputs were zero, or none came, in the calibration data; ${instead}`];
  if (state === 'none')
    return [`${name}: the Hessian has no factor up to a damping of ${damping}; ${instead}`];
  const notes: string[] = [];
  if (dead > 0)
    notes.push(`${name}: ${dead} inputs were zero in all calibration data; their weights are zero now.`);
  if (damping !== asked)
    notes.push(
      `${name}: the Hessian is not positive definite at a damping of ${asked}; ${damping} was used.`,
    );
  return notes;
}
