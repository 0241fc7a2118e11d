/** Round to nearest: every weight on the grid of its group, no data needed. The plug-in to copy for a new method. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason } from '../engines/forward-quantizer.ts';
import { methodErrors } from '../errors/method.ts';
import { intGrouped } from '../formats/int-grouped.ts';
import { type AffineGrid, fitGrid, quantize } from '../math/affine.ts';
import { type DenseLinear, defineMethod } from './method.ts';

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

export const rtn = defineMethod({
  id: 'rtn',
  title: 'Round to nearest',
  paper: null,
  deviations: [...gridDeviations],
  needs: 'nothing',
  settings: gridSettings,
  supports(recipe) {
    if (recipe.actOrder || recipe.staticGroups || recipe.damping !== null) {
      return 'rtn has no column order, static groups or damping: it treats every group by itself';
    }
    return integerReason(recipe);
  },
  fromRecipe: gridFromRecipe,
  check: (linear, { group }) => void checkGroup('rtn', linear, group),
  quantize: (linear, settings) => ({
    packed: roundToNearest('rtn', linear, settings),
    hessianLoss: null,
    notes: [],
  }),
});

/** Why a recipe is not integer quantization that this pipeline can run; null where it is. */
export function integerReason(recipe: Recipe): string | null {
  if (recipe.variant !== null) return `the sub-type "${recipe.variant}" belongs to another tool`;
  if (recipe.sparsity !== null) return 'sparsity is not supported yet';
  return weightReason(recipe) ?? forwardReason(recipe);
}

function weightReason({ method, weights, activations, kv, symmetric, mse }: Recipe): string | null {
  if (weights === null) {
    if (activations === null && kv === null) return `${method} is given no bits for anything`;
    return symmetric || mse ? 'its settings are for weights, and it leaves weights alone' : null;
  }
  if (!Number.isInteger(weights.bits) || weights.bits < 2 || weights.bits > 8) {
    return `${weights.bits}-bit weights are not supported; 2 to 8 whole bits are`;
  }
  return weights.group === null ? 'the recipe leaves the group size open' : null;
}

export function gridFromRecipe({ weights, symmetric, range, mse }: Recipe): GridSettings {
  return gridSettings.parse({ bits: weights?.bits, group: weights?.group, symmetric, range, mse });
}

/** Stored group numbers have 16 bits. */
const MAX_GROUPS = 2 ** 16;

/** The group size with −1 resolved. Throws `method/group-size`, `method/group-count`. */
export function checkGroup(method: string, { name, K }: { name: string; K: number }, group: number): number {
  const size = group === -1 ? K : group;
  if (K % size !== 0) throw methodErrors.groupSize(method, name, size, K);
  if (K / size > MAX_GROUPS) throw methodErrors.groupCount(method, name, size, K, MAX_GROUPS);
  return size;
}

/** The weights as float64, checked. Throws `method/shape`, `method/not-finite`. */
export function readWeights(method: string, { name, weight, N, K }: DenseLinear): Float64Array {
  if (weight.length !== N * K) throw methodErrors.shape(method, name, N, K, weight.length);
  for (let i = 0; i < weight.length; i++) {
    if (Number.isFinite(weight[i])) continue;
    throw methodErrors.notFinite(method, name, Math.floor(i / K), i % K, weight[i]);
  }
  return Float64Array.from(weight);
}

/** Throws `method/scale-too-large` for a scale that half precision cannot hold. */
export function checkScales(method: string, name: string, scales: Float64Array, groups: number): void {
  const bad = scales.findIndex((scale) => !Number.isFinite(scale));
  if (bad !== -1) throw methodErrors.scaleTooLarge(method, name, Math.floor(bad / groups), bad % groups);
}

/** Fits the grid of every group, `[N, K/G]` scales and zeros. Throws `method/scale-too-large`. */
export function fitGrids(
  method: string,
  { name, N, K }: DenseLinear,
  weights: Float64Array,
  settings: GridSettings,
): { readonly scales: Float64Array; readonly zeros: Int16Array } {
  const size = checkGroup(method, { name, K }, settings.group);
  const groups = K / size;
  const scales = new Float64Array(N * groups);
  const zeros = new Int16Array(N * groups);
  const grid: AffineGrid = { scale: 0, zero: 0 };
  for (let g = 0; g < scales.length; g++) {
    fitGrid(weights, g * size, size, settings, grid);
    scales[g] = grid.scale;
    zeros[g] = grid.zero;
  }
  checkScales(method, name, scales, groups);
  return { scales, zeros };
}

/**
 * Quantizes one linear layer, every weight by itself.
 * @throws method/group-size, method/shape, method/not-finite, method/scale-too-large
 * Cost: O(N·K), with `mse` 80 times that.
 */
export function roundToNearest(method: string, linear: DenseLinear, settings: GridSettings) {
  const { N, K } = linear;
  const weights = readWeights(method, linear);
  const { scales, zeros } = fitGrids(method, linear, weights, settings);
  const group = checkGroup(method, linear, settings.group);
  const maxCode = 2 ** settings.bits - 1;
  const codes = new Uint8Array(N * K);
  for (let g = 0; g < scales.length; g++) {
    const end = (g + 1) * group;
    for (let i = g * group; i < end; i++) codes[i] = quantize(weights[i], scales[g], zeros[g], maxCode);
  }
  return intGrouped.pack({
    N,
    K,
    bits: settings.bits,
    group,
    codes,
    scales: Float32Array.from(scales),
    zeros: settings.symmetric ? null : zeros,
    groupOfColumn: null,
  });
}
