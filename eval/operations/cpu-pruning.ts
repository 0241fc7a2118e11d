/** Pruning in TypeScript: the reference for every other place where it is done. */
import type { Sparsity } from '../../data/recipe.ts';
import type { PackedLinear } from '../formats/format.ts';
import { intGrouped } from '../formats/int-grouped.ts';
import { type KeptMask, patternOf } from '../formats/kept-mask.ts';
import { sparse, takeKept } from '../formats/sparse.ts';
import { sparseInt } from '../formats/sparse-int.ts';
import { AffineColumns, type Grids } from '../math/affine-columns.ts';
import { blockEndOf, type ColumnRounder, runColumns } from '../math/column-loop.ts';
import { PrunedColumns } from '../math/pruned-columns.ts';
import { pruneMask } from '../math/smallest.ts';
import { ValueColumns } from '../math/value-columns.ts';
import { exactType } from '../math/value-type.ts';
import { checkGroup, checkPattern, checkPatternGroup, checkScales, checkWeights } from './checks.ts';
import { nearest, readWeights } from './cpu-nearest.ts';
import type { DenseLinear, GridRule, RoundedColumns } from './operations.ts';
import type { PruneColumnsRule, PruneRule, PruningOperations } from './pruning.ts';

/** Takes factors of every handle. */
export const hostPruning: PruningOperations = {
  byScore: async (method, linear, rule) => byScore(method, linear, rule),
  async byColumn(method, linear, rule, factor) {
    const { dead, upper } = await factor.toHost();
    if (upper === null) throw new TypeError('[operations] the factor is not one that was found.');
    return byColumn(method, linear, rule, dead, upper);
  },
};

/** Cost: a sort of the scores of every scope, and with a grid that of `nearest`. */
function byScore(method: string, linear: DenseLinear, rule: PruneRule): PackedLinear {
  const { name, N, K } = linear;
  const { sparsity, grid } = rule;
  checkPattern(method, linear, sparsity);
  if (grid !== null) checkGroup(method, linear, grid.group);
  checkWeights(method, linear);
  const { weight } = linear;
  const scores = Float64Array.from(weight, (w, i) => Math.abs(w) * (rule.scale?.[i % K] ?? 1));
  const kept = pruneMask(scores, K, sparsity, rule.scope).map((mark) => 1 - mark);
  const mask = { N, K, kept, pattern: patternOf(sparsity) };
  if (grid === null) return sparse.pack({ ...mask, type: exactType(weight), values: takeKept(weight, kept) });
  const left = { name, weight: weight.map((w, i) => (kept[i] === 1 ? w : 0)), N, K };
  return sparseInt.pack({ ...intGrouped.unpack(nearest(method, left, grid)), ...mask });
}

/**
 * @param dead  columns whose weights become zero first
 * @param upper `[K, K]` with Uᵀ·U = H⁻¹
 * Cost: O(N·K²) time, 2·N·K doubles.
 */
function byColumn(
  method: string,
  linear: DenseLinear,
  { sparsity, grid }: PruneColumnsRule,
  dead: readonly number[],
  upper: Float64Array,
): RoundedColumns {
  const { N, K } = linear;
  checkPattern(method, linear, sparsity);
  const weights = readWeights(method, linear);
  for (const k of dead) for (let n = 0; n < N; n++) weights[n * K + k] = 0;
  const work = { linear, weights, upper, sparsity };
  return grid === null ? keepValues(work) : keepCodes(method, work, grid);
}

interface ColumnWork {
  readonly linear: DenseLinear;
  /** Float64 `[N, K]`, used up. */
  readonly weights: Float64Array;
  readonly upper: Float64Array;
  readonly sparsity: Sparsity;
}

function keepValues(work: ColumnWork): RoundedColumns {
  const { linear, weights, sparsity } = work;
  const type = exactType(linear.weight);
  const own = new ValueColumns(weights, linear.K, type);
  const run = sparsity.kind === 'n:m' ? sparsity.m : 1;
  const { mask, loss } = runPruned(work, own, blockEndOf(run));
  return { packed: sparse.pack({ ...mask, type, values: takeKept(own.values, mask.kept) }), loss };
}

function keepCodes(method: string, work: ColumnWork, rule: GridRule): RoundedColumns {
  const { linear, weights, sparsity } = work;
  const { name, N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  checkPatternGroup(method, name, sparsity, group);
  const groups = K / group;
  const grids: Grids = { scales: new Float64Array(N * groups), zeros: new Int16Array(N * groups) };
  const groupOfStep = Uint16Array.from({ length: K }, (_, k) => Math.floor(k / group));
  const own = new AffineColumns({ N, K, weights, rule, group, groupOfStep, grids, fit: true });
  const { mask, loss } = runPruned(work, own, blockEndOf(group, sparsity.kind === 'n:m' ? sparsity.m : 1));
  checkScales(method, name, grids.scales, groups);
  const packed = sparseInt.pack({
    ...mask,
    bits: rule.bits,
    group,
    codes: own.codes,
    scales: Float32Array.from(grids.scales),
    zeros: rule.symmetric ? null : grids.zeros,
    groupOfColumn: null,
  });
  return { packed, loss };
}

function runPruned(
  { linear: { N, K }, weights, upper, sparsity }: ColumnWork,
  kept: ColumnRounder,
  blockEnd: (start: number) => number,
): { readonly mask: KeptMask; readonly loss: number } {
  const rounder = new PrunedColumns({ N, K, weights, upper, sparsity, kept });
  const loss = runColumns({ N, K, weights, upper, blockEnd, rounder });
  const mask = { N, K, kept: rounder.pruned.map((mark) => 1 - mark), pattern: patternOf(sparsity) };
  return { mask, loss };
}
