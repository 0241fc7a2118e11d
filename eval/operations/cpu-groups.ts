/** Steps of compression that treat every group by itself, in TypeScript: the NormalFloat, and grids with fractional zeros. */
import { codebook, type LevelGrids } from '../formats/codebook.ts';
import { floatZeros } from '../formats/float-zeros.ts';
import type { PackedLinear } from '../formats/format.ts';
import { encodeTree } from '../math/dynamic-tree.ts';
import { codeOf, type FloatGrid, solveZero } from '../math/half-quadratic.ts';
import { calibrateShift, informationCosts, largestFrom, shiftFactors } from '../math/information.ts';
import { nearestLevel } from '../math/normal-float.ts';
import { checkGroup, checkScales, checkWeights } from './checks.ts';
import type { DenseLinear, FloatGridRule, LevelRule } from './operations.ts';

/** Codes are chosen with the exact scale and shift, which are quantized afterwards, as in the paper. Cost: O(N·K). */
export function roundToLevels(method: string, linear: DenseLinear, rule: LevelRule): PackedLinear {
  const { N, K, weight } = linear;
  const group = checkGroup(method, linear, rule.group);
  checkWeights(method, linear);
  const shift = rule.calibrated ? calibration(group) : () => 0;
  const absmax = new Float32Array((N * K) / group);
  const shifts = new Float32Array(absmax.length);
  const codes = new Uint8Array(N * K);
  for (let g = 0; g < absmax.length; g++) {
    const start = g * group;
    const sorted = weight.slice(start, start + group).sort();
    shifts[g] = shift(sorted);
    absmax[g] = largestFrom(sorted, shifts[g]);
    for (let i = start; i < start + group; i++)
      codes[i] = nearestLevel(Math.fround(weight[i] - shifts[g]), absmax[g]);
  }
  return codebook.pack({ ...storedGrids({ N, K, group }, absmax, rule.calibrated ? shifts : null), codes });
}

function calibration(group: number): (sorted: Float32Array) => number {
  const factors = shiftFactors();
  const costs = informationCosts(group);
  return (sorted) => calibrateShift(sorted, factors, costs);
}

/** Scales less their mean and shifts, each quantized to the 8-bit tree. */
export function storedGrids(
  shape: Pick<LevelGrids, 'N' | 'K' | 'group'>,
  absmax: Float32Array,
  shifts: Float32Array | null,
): LevelGrids {
  let sum = 0;
  for (let i = 0; i < absmax.length; i++) sum += absmax[i];
  const mean = Math.fround(sum / absmax.length);
  return {
    ...shape,
    absmax: { ...encodeTree(absmax, mean), mean },
    shifts: shifts === null ? null : encodeTree(shifts),
  };
}

/** Cost: 22 passes over the weights. */
export function solveZeros(
  method: string,
  linear: DenseLinear,
  { bits, group: asked }: FloatGridRule,
): PackedLinear {
  const { N, K } = linear;
  const group = checkGroup(method, linear, asked);
  checkWeights(method, linear);
  const weights = Float64Array.from(linear.weight);
  const scales = new Float32Array((N * K) / group);
  const zeros = new Float32Array(scales.length);
  const codes = new Uint8Array(N * K);
  const grid: FloatGrid = { scale: 0, zero: 0 };
  for (let g = 0; g < scales.length; g++) {
    solveZero(weights, g * group, group, bits, grid);
    scales[g] = grid.scale;
    zeros[g] = grid.zero;
    for (let i = g * group; i < (g + 1) * group; i++)
      codes[i] = codeOf(weights[i], grid.scale, grid.zero, 2 ** bits - 1);
  }
  checkScales(method, linear.name, scales, K / group);
  return floatZeros.pack({ N, K, bits, group, scales, zeros, codes });
}

export function takeColumns({ name, weight, N, K }: DenseLinear, columns: Int32Array): DenseLinear {
  const C = columns.length;
  const taken = new Float32Array(N * C);
  for (let n = 0; n < N; n++) for (let c = 0; c < C; c++) taken[n * C + c] = weight[n * K + columns[c]];
  return { name, weight: taken, N, K: C };
}
