/** AWQ: scales input channels so that rounding hurts least where activations are large, then clips weights, then rounds. */
import { z } from 'zod';
import type { ChannelStatistics } from '../math/channel-sum.ts';
import { checkGroup } from '../operations/checks.ts';
import { defineMethod, type RescalableInput, type RescaleContext } from './method.ts';
import * as grid from './rtn.ts';
import { unknownSettings } from './settings.ts';

const settings = z.strictObject({
  ...grid.gridSettings.omit({ mse: true }).shape,
  /** Leaves alone what the published code leaves alone: outputs of attention whose heads share values. */
  compat: z.boolean(),
});

type Settings = z.infer<typeof settings>;

/** Ratios tried, r = 0, 1/20 … 19/20. Reference code: n_grid. */
const RATIOS = 20;
/** Least factor before normalization. Reference code. */
const SMALLEST_FACTOR = 1e-4;

export const awq = defineMethod({
  id: 'awq',
  title: 'AWQ',
  paper: { authors: 'Lin et al.', year: 2023, arxiv: '2306.00978', where: '§3.2, equation 4' },
  deviations: [
    ...grid.gridDeviations,
    'The range of a group contains 0 unless the recipe says "minmax", which is what the published code does.',
    'The error of a scale is that of the outputs of all linears that read the input, over all calibration tokens through their Hessian; the published code runs the whole attention or feed-forward that they are part of.',
    'With sequential calibration inputs come from the blocks before as they are compressed; the published code measures all of them in the 16-bit model, as parallel calibration does.',
    'The error of a clip is measured over all calibration tokens; the published code takes at most 512.',
    'Outputs of attention whose query heads share value heads are scaled too, with one factor for the channels that share a value; the published code leaves them alone, as does the setting compat.',
    'An input that no scaling can be folded into (behind GELU, in a scan, or read by a residual sum) is divided in the linear, whose factors are stored in half precision and counted; the published code does this behind GELU only.',
    'Experts share one search over all of them and their router is scaled with them, as in AutoAWQ; the published code has no experts.',
    'Norms, biases and routers that take up scales are stored in float32, which is counted.',
  ],
  needs: 'inputs',
  settings,
  supports(recipe) {
    const unknown = unknownSettings(recipe, ['symmetric', 'range', 'compat']);
    if (unknown !== null) return unknown;
    if (recipe.weights === null) return 'awq compresses weights, and the recipe gives no bits for them';
    return grid.integerReason(recipe);
  },
  fromRecipe(recipe): Settings {
    const { mse: _, ...own } = grid.gridFromRecipe(recipe);
    return { ...own, compat: recipe.compat };
  },
  check: (linear, { group }) => void checkGroup('awq', linear, group),
  async rescale(input, settings, context) {
    if (settings.compat && input.ties !== null) return { factors: null, notes: [] };
    const meanAbs = meanOverReaders(input);
    if (meanAbs === null) return { factors: null, notes: [] };
    const candidates = Array.from({ length: RATIOS }, (_, i) => factorsOf(meanAbs, i / RATIOS));
    const errors = await errorsOf(input, settings, context, candidates);
    if (errors.some((error) => !Number.isFinite(error))) {
      const { name } = input.readers[0]!.linears[0]!;
      const notes = [`${name}: the errors of its scales are not finite; its input was left as it is.`];
      return { factors: null, notes };
    }
    const best = errors.indexOf(Math.min(...errors));
    // The first ratio is 0: factors of 1.
    return { factors: best === 0 ? null : candidates[best]!, notes: [] };
  },
  async quantize(linear, settings, { statistics: { hessian }, operations, feedsScores }) {
    const rule = ruleOf(settings);
    // Products of queries and keys would not forgive a clip (Lin et al., reference code).
    const packed = feedsScores
      ? await operations.roundToNearest('awq', linear, rule)
      : await operations.rescaling.roundClipped('awq', linear, rule, hessian);
    return { packed, hessianLoss: null, notes: [] };
  },
});

function ruleOf({ compat: _, ...rule }: Settings) {
  return { ...rule, mse: false };
}

/** Mean |x| of each channel over all tokens of all readers, equal where channels are tied; null where no token came. */
function meanOverReaders({ K, ties, readers }: RescalableInput<'inputs'>): Float64Array | null {
  const mean = weightedMean(
    K,
    readers.map(({ statistics }) => statistics.channels),
  );
  return mean === null || ties === null ? mean : meanOfTied(mean, ties);
}

function weightedMean(K: number, channels: readonly ChannelStatistics[]): Float64Array | null {
  const tokens = channels.reduce((sum, own) => sum + own.tokens, 0);
  if (tokens === 0) return null;
  const mean = new Float64Array(K);
  for (const { meanAbs, tokens: own } of channels)
    for (let k = 0; k < K; k++) mean[k]! += meanAbs[k]! * (own / tokens);
  return mean;
}

function meanOfTied(values: Float64Array, ties: Int32Array): Float64Array {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [k, tie] of ties.entries()) {
    const own = sums.get(tie) ?? { sum: 0, count: 0 };
    sums.set(tie, { sum: own.sum + values[k]!, count: own.count + 1 });
  }
  return values.map((_, k) => {
    const { sum, count } = sums.get(ties[k]!)!;
    return sum / count;
  });
}

/** max(x̄^ratio, 1e-4), divided by the geometric mean of its largest and smallest value. */
function factorsOf(meanAbs: Float64Array, ratio: number): Float64Array {
  const factors = meanAbs.map((mean) => Math.max(mean ** ratio, SMALLEST_FACTOR));
  let [low, high] = [factors[0]!, factors[0]!];
  for (const factor of factors) {
    low = Math.min(low, factor);
    high = Math.max(high, factor);
  }
  const middle = Math.sqrt(low * high);
  return factors.map((factor) => factor / middle);
}

/** Of each candidate, summed over everything that reads the input. */
async function errorsOf(
  { readers }: RescalableInput<'inputs'>,
  settings: Settings,
  { operations }: RescaleContext,
  candidates: readonly Float64Array[],
): Promise<number[]> {
  const sums = candidates.map(() => 0);
  for (const { linears, statistics } of readers) {
    for (const linear of linears) {
      const rule = ruleOf(settings);
      const { hessian } = statistics;
      const errors = await operations.rescaling.outputErrors('awq', linear, rule, hessian, candidates);
      for (const [i, error] of errors.entries()) sums[i]! += error;
    }
  }
  return sums;
}
