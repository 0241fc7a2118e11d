/** Recipes as a made-up run measures them: those that a method of its kind could have, and how much they would cost. */
import { parseRecipe } from '../../data/recipe.ts';

export interface SyntheticRecipe {
  readonly id: string;
  readonly bits_per_weight: number;
  /** Share of the model that is lost on an average task, before noise. */
  readonly loss: number;
}

export interface MethodOfKind {
  readonly id: string;
  readonly kind: string;
}

const SHAPES: Readonly<Record<string, readonly string[]>> = {
  none: [''],
  weights: ['w8', 'w4g128', 'w4g64', 'w4', 'w3g128', 'w3', 'w2g64', 'w2'],
  'weights+activations': ['w8a8', 'w6a6', 'w4a8', 'w4g128a8', 'w4a4'],
  'KV cache': ['kv8', 'kv4', 'kv2'],
  pruning: ['s30', 's50', '2:4', '4:8', 's70'],
};

/** Every recipe of a method, the gentlest first. */
export function recipesOf({ id, kind }: MethodOfKind): readonly SyntheticRecipe[] {
  const shapes = SHAPES[kind] ?? [...SHAPES['weights']!, ...SHAPES['weights+activations']!];
  return shapes.map((shape) => synthetic(shape === '' ? id : `${id}-${shape}`));
}

function synthetic(id: string): SyntheticRecipe {
  const { weights, activations, kv, sparsity } = parseRecipe(id);
  const share = sparsity === null ? 0 : sparsity.kind === 'share' ? sparsity.percent / 100 : 0.5;
  const group = weights?.group ?? -1;
  const overhead = weights === null || group < 1 ? 0 : 20 / group;
  const loss = [
    weights === null ? 0 : cliff(weights.bits),
    activations === null ? 0 : 2 * cliff(activations.bits),
    kv === null ? 0 : cliff(kv.bits) / 2,
    share ** 4 * 2,
  ].reduce((sum, part) => sum + part, 0);
  return {
    id,
    bits_per_weight: weights === null ? 16 * (1 - share) : weights.bits + overhead,
    loss: Math.min(0.95, loss),
  };
}

/** Nothing at 8 bits, a per cent at 4, most of the model at 2. */
function cliff(bits: number): number {
  return 0.6 * 4 ** (2 - bits);
}
