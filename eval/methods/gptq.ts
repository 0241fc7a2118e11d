/** GPTQ: rounds column by column and lets the columns not yet done make up for the error, as the Hessian tells. */
import { z } from 'zod';
import { methodErrors } from '../errors/method.ts';
import { intGrouped } from '../formats/int-grouped.ts';
import { type Grids, roundColumns } from '../math/column-loop.ts';
import type { HessianFactor } from '../math/hessian.ts';
import { type DenseLinear, defineMethod, type QuantizedLinear } from './method.ts';
import * as grid from './rtn.ts';

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
  check: (linear, { group }) => void grid.checkGroup('gptq', linear, group),
  quantize(linear, settings, { statistics: hessian }) {
    if (hessian.K !== linear.K) throw methodErrors.hessianShape('gptq', linear.name, linear.K, hessian.K);
    grid.checkGroup('gptq', linear, settings.group);
    if (hessian.isEmpty) {
      const note = `${linear.name}: all its inputs were zero, or none came, in the calibration data; rounded to nearest instead.`;
      return { packed: grid.roundToNearest('gptq', linear, settings), hessianLoss: null, notes: [note] };
    }
    const factor = hessian.factor(settings.damping, settings.actOrder);
    const notes = notesOf(linear, settings, factor);
    if (factor.upper === null) {
      return { packed: grid.roundToNearest('gptq', linear, settings), hessianLoss: null, notes };
    }
    return { ...roundWithFeedback(linear, settings, factor, factor.upper), notes };
  },
});

/** Cost: O(N·K²) time beyond the shared factorization, 2·N·K doubles. */
function roundWithFeedback(
  linear: DenseLinear,
  settings: Settings,
  { order, dead }: HessianFactor,
  upper: Float64Array,
): Omit<QuantizedLinear, 'notes'> {
  const { N, K } = linear;
  const group = grid.checkGroup('gptq', linear, settings.group);
  const groups = K / group;
  const original = grid.readWeights('gptq', linear);
  for (const k of dead) for (let n = 0; n < N; n++) original[n * K + k] = 0;
  const grids: Grids = settings.staticGroups
    ? grid.fitGrids('gptq', linear, original, settings)
    : { scales: new Float64Array(N * groups), zeros: new Int16Array(N * groups) };
  const groupOfStep = Uint16Array.from(order, (k, step) =>
    Math.floor((settings.staticGroups ? k : step) / group),
  );
  const weights = visit(original, order, N, K);
  const loop = {
    N,
    K,
    weights,
    upper,
    rule: settings,
    group,
    groupOfStep,
    grids,
    fit: !settings.staticGroups,
  };
  const { codes, loss } = roundColumns(loop);
  grid.checkScales('gptq', linear.name, grids.scales, groups);
  const packed = intGrouped.pack({
    N,
    K,
    bits: settings.bits,
    group,
    codes: restore(codes, order, N, K),
    scales: Float32Array.from(grids.scales),
    zeros: settings.symmetric ? null : grids.zeros,
    groupOfColumn: groupsOfColumns(settings, groupOfStep, order, groups),
  });
  return { packed, hessianLoss: loss };
}

/** Columns in visiting order. */
function visit(weights: Float64Array, order: Uint32Array, N: number, K: number): Float64Array {
  const visited = new Float64Array(N * K);
  for (let n = 0; n < N; n++) {
    for (let step = 0; step < K; step++) visited[n * K + step] = weights[n * K + order[step]];
  }
  return visited;
}

/** Columns back in their original order. */
function restore(codes: Uint8Array, order: Uint32Array, N: number, K: number): Uint8Array {
  const restored = new Uint8Array(N * K);
  for (let n = 0; n < N; n++) {
    for (let step = 0; step < K; step++) restored[n * K + order[step]] = codes[n * K + step];
  }
  return restored;
}

/** Only groups of reordered columns have to be stored. */
function groupsOfColumns(
  { actOrder, staticGroups }: Settings,
  groupOfStep: Uint16Array,
  order: Uint32Array,
  groups: number,
): Uint16Array | null {
  if (!actOrder || staticGroups || groups === 1) return null;
  const groupOfColumn = new Uint16Array(order.length);
  for (const [step, column] of order.entries()) groupOfColumn[column] = groupOfStep[step];
  return groupOfColumn;
}

function notesOf(
  { name }: DenseLinear,
  settings: Settings,
  { dead, upper, damping }: HessianFactor,
): string[] {
  const notes: string[] = [];
  if (dead.length > 0 && upper !== null) {
    notes.push(
      `${name}: ${dead.length} inputs were zero in all calibration data; their weights are zero now.`,
    );
  }
  if (upper === null) {
    notes.push(
      `${name}: the Hessian has no factor up to a damping of ${damping}; rounded to nearest instead.`,
    );
  } else if (damping !== settings.damping) {
    notes.push(
      `${name}: the Hessian is not positive definite at a damping of ${settings.damping}; ${damping} was used.`,
    );
  }
  return notes;
}
