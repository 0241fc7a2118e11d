/** QuaRot: weights and what linears read are rounded in a rotated basis, where no channel stands out. */
import type { Recipe } from '../../data/recipe.ts';
import { type ForwardPrecision, forwardReason, precisionOf } from '../engines/forward-quantizer.ts';
import { withInputRotation } from '../formats/input-rotation.ts';
import { ROTATION_SEED } from '../math/rotation.ts';
import { checkGroup } from '../operations/checks.ts';
import { gptq } from './gptq.ts';
import { defineMethod } from './method.ts';
import { gridDeviations } from './rtn.ts';
import { type OptionalSetting, unknownSettings } from './settings.ts';

/** Ashkboos et al. 2024, §5: shares of the range that grids of activations, and of keys and values, span. */
const ACTIVATION_CLIP = 0.9;
const CACHE_CLIP = 0.95;
/** Up to here clipping gains more from finer steps than it loses at the ends. */
const CLIPPED_BITS = 4;

export const rotationDeviations = [
  'Inputs are rotated before every compressed linear, and its weights alike, each input by a rotation of its own width. The paper folds most rotations into the weights around a residual stream that stays rotated, which takes RMS norms and no biases; here every family has them, and outputs at 16 bits are unchanged just as in the paper.',
  'Rotations are computed in the precision of the engine, around the rounding: round(x·R)·Rᵀ is what linears read. That is the product of rotated codes to within that precision.',
  'Of widths that are 2^a·m with m odd, the factor of order m is the discrete Hartley transform; the paper takes known Hadamard matrices, which not every order has. All linears of a width share the signs of one seed.',
  'Keys and values are rotated head by head behind the rotary embedding, as in the paper; of latent attention the latent and the shared key are.',
  'The range is clipped at up to 4 bits only, to the shares of the paper: 0.9 for activations, 0.95 for keys and values. At more bits the whole range is used, the choice of this project.',
  'Grids of weights are searched for the least error only where the recipe says so (mse); the paper always does.',
] as const;

/** Why a recipe is none that rotations are for; null where it is. */
export function rotationReason(recipe: Recipe, known: readonly OptionalSetting[]): string | null {
  const { method, weights, activations, kv, symmetric } = recipe;
  if (symmetric) return `${method} rounds weights and activations symmetrically in any case; leave "sym" out`;
  const unknown = unknownSettings(recipe, known);
  if (unknown !== null) return unknown;
  if (weights === null && activations === null && kv === null)
    return `${method} is given no bits for anything`;
  if (weights !== null && (!Number.isInteger(weights.bits) || weights.bits < 2 || weights.bits > 8))
    return `${weights.bits}-bit weights are not supported; 2 to 8 whole bits are`;
  if (weights !== null && weights.group === null) return 'the recipe leaves the group size open';
  return forwardReason(recipe);
}

/** Symmetric activations and asymmetric keys and values, both behind a rotation. */
export function rotatedPrecision(recipe: Recipe): ForwardPrecision {
  const { activations, kv } = precisionOf({ ...recipe, symmetric: true });
  const clip = (bits: number, share: number) => (bits <= CLIPPED_BITS ? share : 1);
  return {
    activations: activations && {
      ...activations,
      rotation: ROTATION_SEED,
      clip: clip(activations.bits, ACTIVATION_CLIP),
    },
    kv: kv && { ...kv, rotation: ROTATION_SEED, clip: clip(kv.bits, CACHE_CLIP) },
  };
}

/** The paper's grid of weights: max|w| / (2^(bits−1) − 1), by row or group. */
export function rotatedGrid(recipe: Recipe): Recipe {
  return { ...recipe, symmetric: true, range: 'minmax' };
}

export const quarot = defineMethod({
  id: 'quarot',
  title: 'QuaRot',
  paper: { authors: 'Ashkboos et al.', year: 2024, arxiv: '2404.00456', where: '§4, weights by GPTQ' },
  deviations: [...rotationDeviations, ...gridDeviations],
  needs: 'hessian',
  settings: gptq.settings,
  supports(recipe) {
    const known = ['mse', 'actOrder', 'staticGroups', 'trueSequential', 'damping'] as const;
    const reason = rotationReason(recipe, known);
    if (reason !== null || recipe.weights === null) return reason;
    return gptq.supports(rotatedGrid(recipe));
  },
  fromRecipe: (recipe) => gptq.fromRecipe(rotatedGrid(recipe)),
  precision: rotatedPrecision,
  check: (linear, { group }) => void checkGroup('quarot', linear, group),
  async quantize(linear, settings, context) {
    const { operations, statistics } = context;
    const turned = await operations.rotate('quarot', linear, ROTATION_SEED);
    const hessian = await statistics.rotated(ROTATION_SEED);
    const made = await gptq.quantize(turned, settings, { ...context, statistics: hessian });
    return { ...made, packed: withInputRotation(made.packed, ROTATION_SEED) };
  },
});
