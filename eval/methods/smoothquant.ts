/** SmoothQuant: divides inputs by factors that move their outliers into the weights, so that both round well. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import type { Architecture } from '../families/architecture.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod, type RescalableInput, type RescaleContext } from './method.ts';
import * as grid from './rtn.ts';
import { unknownSettings } from './settings.ts';

/** Share of the difficulty that moves to the weights; null: that of the model's family. */
export const alphaSetting = z.number().min(0).max(1).nullable();

const settings = z.strictObject({ ...grid.gridSettings.shape, alpha: alphaSetting });

type Settings = z.infer<typeof settings>;

/** Xiao et al., §4.1: the best for OPT and BLOOM, and what is tried first elsewhere. */
const DEFAULT_ALPHA = 0.5;
/** Xiao et al., reference code: what its examples use for the models of each family. */
const ALPHAS: Readonly<Record<string, number>> = { llama: 0.85, mistral: 0.8, mixtral: 0.8 };
const FALCON = { oneNorm: 0.6, twoNorms: 0.7 } as const;
/** Least factor. Reference code. */
const SMALLEST_FACTOR = 1e-5;

export const smoothDeviations = [
  'Activations and weights are rounded on asymmetric grids, one a token and one a row, unless the recipe says "sym", which is what the published code does.',
  'With sequential calibration maxima come from the blocks before as they are compressed; the published code measures them in the 16-bit model, as parallel calibration does.',
  'Every input that a norm makes is smoothed, those of latent attention and of scans too; like the published code, outputs of attention and inner layers of feed-forwards are not.',
  'The smoothing factor α is 0.85 for LLaMA, 0.8 for Mistral and Mixtral, 0.6 for Falcon with one norm a block and 0.7 with two, else 0.5; the published examples take 0.9 for LLaMA-2 70B.',
  'A channel whose input was always zero keeps its size; the published code divides it by 1e-5.',
  'Norms, biases and routers that take up factors are stored in float32, which is counted.',
] as const;

export const smoothquant = defineMethod({
  id: 'smoothquant',
  title: 'SmoothQuant',
  paper: { authors: 'Xiao et al.', year: 2022, arxiv: '2211.10438', where: '§4, equation 4' },
  deviations: [...grid.gridDeviations, ...smoothDeviations],
  needs: 'channels',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, [...grid.GRID_SETTINGS, 'alpha']);
    return unknown ?? alphaReason(recipe) ?? grid.integerReason(recipe);
  },
  fromRecipe: (recipe: Recipe): Settings => ({ ...grid.gridFromRecipe(recipe), alpha: recipe.alpha }),
  check: (linear, { group }) => void checkGroup('smoothquant', linear, group),
  rescale: (input, { alpha }, context) => smooth(input, alpha, context),
  async quantize(linear, { alpha: _, ...rule }, { operations }) {
    const packed = await operations.roundToNearest('smoothquant', linear, rule);
    return { packed, hessianLoss: null, notes: [] };
  },
});

/** Why nothing can be smoothed for a recipe; null where something can. */
export function alphaReason({ method, weights, alpha }: Recipe): string | null {
  if (weights === null) return `${method} moves outliers into weights, and the recipe gives no bits for them`;
  return alpha !== null && alpha > 1 ? `an alpha of ${alpha} is above 1` : null;
}

/**
 * s_k = max|X_k|^α / max|W_k|^(1−α), over everything that reads the input.
 * @param asked  α; null for that of the model's family
 */
export async function smooth(
  input: RescalableInput<'channels'>,
  asked: number | null,
  { operations, architecture }: RescaleContext,
) {
  const isSeen = input.readers.some(({ statistics }) => statistics.tokens > 0);
  if (input.producer !== 'norm' || !isSeen) return { factors: null, notes: [] };
  const alpha = asked ?? alphaOf(architecture);
  const inputs = new Float64Array(input.K);
  const weights = new Float64Array(input.K);
  for (const { linears, statistics } of input.readers) {
    keepLarger(inputs, statistics.maxAbs);
    for (const linear of linears) keepLarger(weights, await operations.rescaling.columnMaxima(linear));
  }
  const factors = inputs.map((largest, k) => {
    // A channel that calibration never saw says nothing; the least factor would let it dwarf all others later.
    if (largest === 0) return 1;
    const factor = largest ** alpha / Math.max(weights[k]!, SMALLEST_FACTOR) ** (1 - alpha);
    return Math.max(factor, SMALLEST_FACTOR);
  });
  if (factors.every(Number.isFinite)) return { factors, notes: [] };
  const { name } = input.readers[0]!.linears[0]!;
  return { factors: null, notes: [`${name}: its factors are not finite; its input was left as it is.`] };
}

/** What the published examples use, by family. */
export function alphaOf({ family, blocks }: Architecture): number {
  if (family === 'falcon')
    return blocks[0]?.feedForwardNorms.before == null ? FALCON.oneNorm : FALCON.twoNorms;
  return ALPHAS[family] ?? DEFAULT_ALPHA;
}

function keepLarger(maxima: Float64Array, values: Float64Array): void {
  for (const [k, value] of values.entries()) maxima[k] = Math.max(maxima[k]!, value);
}
