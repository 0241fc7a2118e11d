/** Round to nearest in TypeScript, and the grids that it is done on. */
import type { PackedLinear } from '../formats/format.ts';
import { intGrouped } from '../formats/int-grouped.ts';
import { type AffineGrid, fitGrid, quantize } from '../math/affine.ts';
import type { Grids } from '../math/affine-columns.ts';
import { checkGroup, checkScales, checkWeights } from './checks.ts';
import type { DenseLinear, GridRule } from './operations.ts';

/** The weights as float64, checked. */
export function readWeights(method: string, linear: DenseLinear): Float64Array {
  checkWeights(method, linear);
  return Float64Array.from(linear.weight);
}

/** Fits the grid of every group, `[N, K/G]` scales and zeros. */
export function fitGrids(
  method: string,
  { name, N, K }: DenseLinear,
  weights: Float64Array,
  rule: GridRule,
): Grids {
  const size = checkGroup(method, { name, K }, rule.group);
  const groups = K / size;
  const scales = new Float64Array(N * groups);
  const zeros = new Int16Array(N * groups);
  const grid: AffineGrid = { scale: 0, zero: 0 };
  for (let g = 0; g < scales.length; g++) {
    fitGrid(weights, g * size, size, rule, grid);
    scales[g] = grid.scale;
    zeros[g] = grid.zero;
  }
  checkScales(method, name, scales, groups);
  return { scales, zeros };
}

/** Cost: O(N·K), with `mse` 80 times that. */
export function nearest(method: string, linear: DenseLinear, rule: GridRule): PackedLinear {
  const { N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  const weights = readWeights(method, linear);
  const { scales, zeros } = fitGrids(method, linear, weights, rule);
  const maxCode = 2 ** rule.bits - 1;
  const codes = new Uint8Array(N * K);
  for (let g = 0; g < scales.length; g++) {
    const end = (g + 1) * group;
    for (let i = g * group; i < end; i++) codes[i] = quantize(weights[i], scales[g], zeros[g], maxCode);
  }
  return intGrouped.pack({
    N,
    K,
    bits: rule.bits,
    group,
    codes,
    scales: Float32Array.from(scales),
    zeros: rule.symmetric ? null : zeros,
    groupOfColumn: null,
  });
}
