/** Wanda: in every row the weights go whose size times the size of their input is smallest. */
import { methodErrors } from '../errors/method.ts';
import type { ChannelStatistics } from '../math/channel-sum.ts';
import { defineMethod } from './method.ts';
import { pruneDeviations, pruningParts } from './pruning.ts';

export const wanda = defineMethod({
  id: 'wanda',
  title: 'Wanda',
  paper: { authors: 'Sun et al.', year: 2023, arxiv: '2306.11695', where: 'Algorithm 1' },
  deviations: [
    ...pruneDeviations,
    'Activations are averaged over all tokens in float64; the reference code averages in float32.',
    'A layer without calibration input, such as an expert that no token went to, or with one that is not finite, is pruned by the size of its weights row by row and noted.',
    'The variant that searches a share for each row is left out.',
    'Quantization of the kept weights, round to nearest on grids fitted with the removed weights at zero, is not in the paper.',
  ],
  needs: 'channels',
  ...pruningParts('wanda', ['trueSequential']),
  async quantize(linear, settings, { statistics, operations }) {
    if (statistics.K !== linear.K)
      throw methodErrors.hessianShape('wanda', linear.name, linear.K, statistics.K);
    const { scale, notes } = scaleOf(linear.name, statistics);
    const packed = await operations.pruning.byScore('wanda', linear, { ...settings, scope: 'row', scale });
    return { packed, hessianLoss: null, notes };
  },
});

/** √(mean x²) of every input. */
function scaleOf(name: string, { tokens, meanSquare }: ChannelStatistics) {
  const instead = 'pruned by the size of its weights alone instead.';
  if (tokens === 0) return { scale: null, notes: [`${name}: no calibration data came to it; ${instead}`] };
  const bad = meanSquare.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1)
    return {
      scale: null,
      notes: [`${name}: input ${bad} is not finite in the calibration data; ${instead}`],
    };
  return { scale: meanSquare.map(Math.sqrt), notes: [] };
}
