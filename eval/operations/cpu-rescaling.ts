/** Scaling, and what rounding behind it costs, in TypeScript: the reference for every other place where it is done. */
import type { PackedLinear } from '../formats/format.ts';
import { intGrouped } from '../formats/int-grouped.ts';
import { type AffineGrid, fitClippedGrid, quantize } from '../math/affine.ts';
import { subtractProduct } from '../math/subtract-product.ts';
import { checkGroup, checkScales, checkWeights } from './checks.ts';
import type { DenseLinear, GridRule } from './operations.ts';
import { CLIP_SHARES, type RescalingOperations, type ScaleFactors } from './rescaling.ts';

export const cpuRescaling: RescalingOperations = {
  scale: async (linear, factors) => scaled(linear, factors),
  columnMaxima: async (linear) => columnMaxima(linear),
  async outputErrors(method, linear, rule, hessian, candidates) {
    const group = checkGroup(method, linear, rule.group);
    checkWeights(method, linear);
    const { values } = await hessian.toHost();
    return Float64Array.from(candidates, (factors) =>
      outputError(linear, { ...rule, group }, values, factors),
    );
  },
  async roundClipped(method, linear, rule, hessian) {
    const group = checkGroup(method, linear, rule.group);
    checkWeights(method, linear);
    return roundClipped(method, linear, { ...rule, group }, (await hessian.toHost()).values);
  },
};

/** Rows whose differences are multiplied by H together. */
const TILE_ROWS = 64;

function scaled({ name, weight, N, K }: DenseLinear, { columns, rows }: ScaleFactors): DenseLinear {
  const out = new Float32Array(N * K);
  for (let n = 0; n < N; n++) {
    const row = rows === null ? 1 : rows[n];
    for (let k = 0; k < K; k++)
      out[n * K + k] = weight[n * K + k] * (columns === null ? 1 : columns[k]) * row;
  }
  return { name, weight: out, N, K };
}

function columnMaxima({ weight, K }: DenseLinear): Float64Array {
  const maxima = new Float64Array(K);
  for (let i = 0; i < weight.length; i++) {
    const abs = Math.abs(weight[i]);
    // A NaN stays visible: it fails every comparison but spreads through Math.max.
    maxima[i % K] = Math.max(maxima[i % K], abs);
  }
  return maxima;
}

const grid: AffineGrid = { scale: 0, zero: 0 };

/** Codes of a group behind a clamp, into `codes[at …]`; its grid is left in `grid`. */
function codeGroup(
  weights: Float64Array,
  start: number,
  rule: GridRule,
  share: number,
  codes: Uint8Array,
  at: number,
): void {
  const { low, high } = fitClippedGrid(weights, start, rule.group, share, rule, grid);
  const maxCode = 2 ** rule.bits - 1;
  for (let i = 0; i < rule.group; i++) {
    const clamped = Math.min(Math.max(weights[start + i], low), high);
    codes[at + i] = quantize(clamped, grid.scale, grid.zero, maxCode);
  }
}

/** Cost: N·K² multiplications. */
function outputError(
  { weight, N, K }: DenseLinear,
  rule: GridRule,
  hessian: Float64Array,
  factors: Float64Array,
): number {
  const inverses = factors.map((factor) => 1 / factor);
  const rows = Math.min(N, TILE_ROWS);
  const [tile, products] = [new Float64Array(rows * K), new Float64Array(rows * K)];
  const codes = new Uint8Array(rule.group);
  let error = 0;
  for (let from = 0; from < N; from += rows) {
    const values = Math.min(rows, N - from) * K;
    for (let i = 0; i < values; i++) tile[i] = Math.fround(weight[from * K + i] * factors[i % K]);
    for (let start = 0; start < values; start += rule.group) {
      codeGroup(tile, start, rule, 1, codes, 0);
      for (let i = 0; i < rule.group; i++) {
        const restored = grid.scale * (codes[i] - grid.zero) * inverses[(start + i) % K];
        tile[start + i] = restored - weight[from * K + start + i];
      }
    }
    products.fill(0);
    const whole = (data: Float64Array) => ({ data, at: 0, stride: K });
    subtractProduct(whole(products), whole(tile), whole(hessian), values / K, K, K);
    for (let i = 0; i < values; i++) error -= products[i] * tile[i];
  }
  return error;
}

/** Cost: 10·N·K·G multiplications. */
function roundClipped(
  method: string,
  { name, weight, N, K }: DenseLinear,
  rule: GridRule,
  hessian: Float64Array,
): PackedLinear {
  const { bits, group } = rule;
  const weights = Float64Array.from(weight);
  const scales = new Float32Array((N * K) / group);
  const zeros = new Int16Array(scales.length);
  const codes = new Uint8Array(N * K);
  const scratch = { codes: new Uint8Array(group), differences: new Float64Array(group) };
  for (let g = 0; g < scales.length; g++) {
    const share = bestShare(weights, g * group, rule, hessian, K, scratch);
    codeGroup(weights, g * group, rule, share, codes, g * group);
    [scales[g], zeros[g]] = [grid.scale, grid.zero];
  }
  checkScales(method, name, scales, K / group);
  const stored = rule.symmetric ? null : zeros;
  return intGrouped.pack({ N, K, bits, group, codes, scales, zeros: stored, groupOfColumn: null });
}

function bestShare(
  weights: Float64Array,
  start: number,
  rule: GridRule,
  hessian: Float64Array,
  K: number,
  { codes, differences }: { readonly codes: Uint8Array; readonly differences: Float64Array },
): number {
  const column = start % K;
  let best = CLIP_SHARES[0];
  let least = Number.POSITIVE_INFINITY;
  for (const share of CLIP_SHARES) {
    codeGroup(weights, start, rule, share, codes, 0);
    for (let i = 0; i < rule.group; i++)
      differences[i] = grid.scale * (codes[i] - grid.zero) - weights[start + i];
    const error = quadraticForm(differences, hessian, column * K + column, K);
    if (!(error < least)) continue;
    least = error;
    best = share;
  }
  return best;
}

/** δ·H·δᵀ for a square of the symmetric H that begins at `at`. */
function quadraticForm(delta: Float64Array, hessian: Float64Array, at: number, stride: number): number {
  let sum = 0;
  for (let i = 0; i < delta.length; i++) {
    const row = at + i * stride;
    let inner = 0;
    for (let j = 0; j < i; j++) inner += delta[j] * hessian[row + j];
    sum += delta[i] * (2 * inner + delta[i] * hessian[row + i]);
  }
  return sum;
}
