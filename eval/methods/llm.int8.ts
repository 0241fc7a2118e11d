/** LLM.int8(): 8-bit rows and tokens, but the columns that meet large activations, and these activations, stay at 16 bits. */
import { z } from 'zod';
import type { Recipe } from '../../data/recipe.ts';
import { forwardReason, precisionOf } from '../engines/forward-quantizer.ts';
import { methodErrors } from '../errors/method.ts';
import { fitsHalf, mixedColumns, otherColumns } from '../formats/mixed-columns.ts';
import type { ChannelStatistics } from '../math/channel-sum.ts';
import { roundToFloat16 } from '../math/float16.ts';
import { type DenseLinear, defineMethod } from './method.ts';
import { unknownSettings } from './settings.ts';

/** Dettmers et al. 2022, §3.2: activations of at least this size are outliers. */
const OUTLIER = 6;

const RULE = { bits: 8, group: -1, symmetric: true, range: 'minmax', mse: false } as const;

/** Columns are numbered with 16 bits. */
const MOST_COLUMNS = 2 ** 16;

export const llmInt8 = defineMethod({
  id: 'llm.int8',
  title: 'LLM.int8()',
  paper: { authors: 'Dettmers et al.', year: 2022, arxiv: '2208.07339', where: '§3' },
  deviations: [
    'Which columns of the weights stay at 16 bits is chosen once, from the largest activation of each channel in the calibration data; the paper chooses them anew for every batch.',
    'While the model runs, single activations of at least 6 pass as they are and the rest of the token is rounded without them; the paper takes out a whole column wherever any token of the batch has such an activation. So results do not depend on what else is in a batch.',
    'Scales of rows are rounded to half precision before codes are chosen; the reference code keeps them in float32.',
  ],
  needs: 'channels',
  settings: z.strictObject({}),
  supports: (recipe) => unknownSettings(recipe, []) ?? reasonAgainst(recipe),
  fromRecipe: () => ({}),
  precision(recipe) {
    const { activations, kv } = precisionOf(recipe);
    const own = { range: 'minmax', symmetric: true, outliers: OUTLIER } as const;
    return { activations: activations && { ...activations, ...own }, kv };
  },
  check({ name, K }) {
    if (K > MOST_COLUMNS) throw methodErrors.groupCount('llm.int8', name, 1, K, MOST_COLUMNS);
  },
  async quantize(linear, _, { statistics, operations }) {
    const { N, K } = linear;
    const columns = outlierColumns(linear, statistics);
    const others = otherColumns(columns, K);
    const coded =
      others.length === 0
        ? null
        : await operations.roundToNearest('llm.int8', await operations.takeColumns(linear, others), RULE);
    const values = await outlierValues(linear, columns, (own) => operations.takeColumns(linear, own));
    const packed = mixedColumns.pack({ N, K, bits: RULE.bits, coded, columns, values });
    return { packed, hessianLoss: null, notes: notesOf(linear, columns, statistics) };
  },
});

function reasonAgainst(recipe: Recipe): string | null {
  const { method, weights, activations } = recipe;
  if (weights?.bits !== 8 || activations?.bits !== 8)
    return `${method} gives 8 bits to weights and activations: w8a8, with or without bits for keys and values`;
  if (weights.group !== -1) return 'its scales are for whole rows; leave the group out';
  return forwardReason(recipe);
}

function outlierColumns({ name, K }: DenseLinear, { maxAbs, ...statistics }: ChannelStatistics): Uint16Array {
  if (statistics.K !== K) throw methodErrors.hessianShape('llm.int8', name, K, statistics.K);
  const bad = maxAbs.findIndex((most) => !Number.isFinite(most));
  if (bad !== -1) throw methodErrors.inputNotFinite('llm.int8', name, bad);
  return Uint16Array.from([...maxAbs.keys()].filter((k) => maxAbs[k] >= OUTLIER));
}

/** Rounded to half precision. Throws `method/not-finite`, `method/weight-too-large`. */
async function outlierValues(
  { name }: DenseLinear,
  columns: Uint16Array,
  take: (columns: Int32Array) => Promise<DenseLinear>,
): Promise<Float32Array> {
  if (columns.length === 0) return new Float32Array(0);
  const { weight } = await take(Int32Array.from(columns));
  const bad = weight.findIndex((value) => !fitsHalf(value));
  if (bad === -1) return weight.map(roundToFloat16);
  const [row, column] = [Math.floor(bad / columns.length), columns[bad % columns.length]];
  if (!Number.isFinite(weight[bad])) throw methodErrors.notFinite('llm.int8', name, row, column, weight[bad]);
  throw methodErrors.weightTooLarge('llm.int8', name, row, column, weight[bad]);
}

function notesOf({ name, K }: DenseLinear, columns: Uint16Array, { tokens }: ChannelStatistics): string[] {
  if (tokens === 0)
    return [`${name}: no token of the calibration data came here, so all its columns have 8 bits.`];
  if (columns.length === 0) return [];
  return [`${name}: ${columns.length} of ${K} columns stay at 16 bits.`];
}
