/** The heavy steps of compression in TypeScript: the reference for every other place where they are done. */
import { dequantize } from '../formats/index.ts';
import { intGrouped } from '../formats/int-grouped.ts';
import { AffineColumns, type Grids } from '../math/affine-columns.ts';
import { descend } from '../math/column-descent.ts';
import { blockEndOf, runColumns } from '../math/column-loop.ts';
import { Hessian, type HessianFactor } from '../math/hessian.ts';
import { rotateBothSides } from '../math/rotation.ts';
import { binarizeBlocksOnHost, binarizePartlyOnHost, binarizeTwiceOnHost, factorOnHost } from './binary.ts';
import { checkGroup, checkScales } from './checks.ts';
import { roundToLevels, solveZeros, takeColumns } from './cpu-groups.ts';
import { cpuIncoherence } from './cpu-incoherence.ts';
import { roundMixedOnHost } from './cpu-mixed.ts';
import { fitGrids, nearest, readWeights } from './cpu-nearest.ts';
import { hostPruning } from './cpu-pruning.ts';
import { cpuRescaling } from './cpu-rescaling.ts';
import { rotateLinear } from './cpu-rotation.ts';
import type {
  ColumnRule,
  DenseLinear,
  FactorHandle,
  HessianHandle,
  Operations,
  RoundedColumns,
} from './operations.ts';

export const cpuOperations: Operations = {
  roundToNearest: async (method, linear, rule) => nearest(method, linear, rule),
  async roundColumns(method, linear, rule, factor) {
    const values = factor instanceof CpuFactor ? factor.values : null;
    if (values?.upper == null) throw new TypeError('[operations] the factor is not one that the CPU found.');
    const refine = await refinementOf(linear, rule, values);
    return withFeedback(method, linear, rule, { ...values, upper: values.upper }, refine);
  },
  binarizePartly: async (method, linear, rule, factor) =>
    binarizePartlyOnHost(method, linear, rule, await factorOnHost(factor)),
  roundToLevels: async (method, linear, rule) => roundToLevels(method, linear, rule),
  solveZeros: async (method, linear, rule) => solveZeros(method, linear, rule),
  binarizeBlocks: async (method, linear, rule, factor) =>
    binarizeBlocksOnHost(method, linear, rule, await factorOnHost(factor)),
  binarizeTwice: async (method, linear, rule, factor) =>
    binarizeTwiceOnHost(method, linear, rule, await factorOnHost(factor)),
  roundMixed: roundMixedOnHost,
  takeColumns: async (linear, columns) => takeColumns(linear, columns),
  relativeError: async ({ weight }, packed) => compare(weight, dequantize(packed)),
  pruning: hostPruning,
  rotate: async (method, linear, seed) => rotateLinear(method, linear, seed),
  incoherence: cpuIncoherence((hessian) => new CpuHessian(hessian)),
  rescaling: cpuRescaling,
  hessian: (hessian) => new CpuHessian(hessian),
  release: () => undefined,
};

class CpuHessian implements HessianHandle {
  #hessian: Hessian;
  #rotated: { readonly seed: number; readonly hessian: CpuHessian } | null = null;

  constructor(hessian: Hessian) {
    this.#hessian = hessian;
  }

  get K(): number {
    return this.#hessian.K;
  }

  async factor(damping: number, actOrder: boolean): Promise<FactorHandle> {
    if (this.#hessian.isEmpty) return new CpuFactor('empty', this.#hessian.K, damping, null);
    const values = this.#hessian.factor(damping, actOrder);
    const state = values.upper === null ? 'none' : 'found';
    return new CpuFactor(state, values.dead.length, values.damping, values);
  }

  async rotated(seed: number): Promise<HessianHandle> {
    if (this.#rotated?.seed !== seed) {
      const { values, K } = this.#hessian;
      const hessian = new CpuHessian(new Hessian(rotateBothSides(values, K, seed), K));
      this.#rotated = { seed, hessian };
    }
    return this.#rotated.hessian;
  }

  async diagonal(): Promise<Float64Array> {
    return this.#hessian.diagonal();
  }

  async toHost(): Promise<Hessian> {
    return this.#hessian;
  }

  async divide(factors: Float64Array): Promise<void> {
    this.#hessian = this.#hessian.dividedBy(factors);
    this.#rotated = null;
  }

  // The values of a Hessian never change, so both handles may read them.
  async copy(): Promise<CpuHessian> {
    return new CpuHessian(this.#hessian);
  }

  // Nothing holds on to it but the handle.
  release(): void {}
}

class CpuFactor implements FactorHandle {
  readonly state: FactorHandle['state'];
  readonly dead: number;
  readonly damping: number;
  /** Null where H is empty. */
  readonly values: HessianFactor | null;

  constructor(state: FactorHandle['state'], dead: number, damping: number, values: HessianFactor | null) {
    this.state = state;
    this.dead = dead;
    this.damping = damping;
    this.values = values;
  }

  async toHost(): Promise<HessianFactor> {
    if (this.values === null) throw new TypeError('[operations] an empty Hessian has no factor.');
    return this.values;
  }
}

/** Makes codes better behind the column loop; returns Σ over rows of (w − ŵ) H (w − ŵ)ᵀ. All in visiting order. */
type Refinement = (codes: Uint8Array, weights: Float64Array) => number;

async function refinementOf(
  { N, K }: DenseLinear,
  { bits, fixed, descent }: ColumnRule,
  factor: HessianFactor,
): Promise<Refinement | null> {
  if (descent === undefined) return null;
  if (fixed === undefined) throw new TypeError('[operations] only codes of a fixed grid can descend.');
  const hessian = (await descent.hessian.toHost()).factorized(factor);
  const given = { N, K, hessian, ...fixed, maxCode: 2 ** bits - 1, passes: descent.passes };
  return (codes, weights) => descend({ ...given, codes, weights });
}

/** Cost: O(N·K²) time beyond the shared factorization, 2·N·K doubles. */
function withFeedback(
  method: string,
  linear: DenseLinear,
  rule: ColumnRule,
  { order, dead, upper }: HessianFactor & { readonly upper: Float64Array },
  refine: Refinement | null,
): RoundedColumns {
  const { N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  const groups = K / group;
  const original = readWeights(method, linear);
  for (const k of dead) for (let n = 0; n < N; n++) original[n * K + k] = 0;
  const fit = !rule.staticGroups && rule.fixed === undefined;
  const grids: Grids = rule.staticGroups
    ? fitGrids(method, linear, original, rule)
    : {
        scales: new Float64Array(N * groups).fill(rule.fixed?.scale ?? 0),
        zeros: new Int16Array(N * groups).fill(rule.fixed?.zero ?? 0),
      };
  const groupOfStep = groupsOfSteps(rule, order, group);
  const weights = visit(original, order, N, K);
  const rounder = new AffineColumns({ N, K, weights, rule, group, groupOfStep, grids, fit });
  const plain = runColumns({ N, K, weights, upper, blockEnd: blockEndOf(group), rounder });
  const loss = refine?.(rounder.codes, visit(original, order, N, K)) ?? plain;
  checkScales(method, linear.name, grids.scales, groups);
  const packed = intGrouped.pack({
    N,
    K,
    bits: rule.bits,
    group,
    codes: restore(rounder.codes, order, N, K),
    scales: Float32Array.from(grids.scales),
    zeros: rule.symmetric ? null : grids.zeros,
    groupOfColumn: groupsOfColumns(rule, groupOfStep, order, groups),
  });
  return { packed, loss };
}

/** The group of the column visited at each step. */
export function groupsOfSteps(
  { staticGroups }: ColumnRule,
  order: ArrayLike<number>,
  group: number,
): Uint16Array {
  return Uint16Array.from(order, (k, step) => Math.floor((staticGroups ? k : step) / group));
}

/** Only groups of reordered columns have to be stored. */
export function groupsOfColumns(
  { actOrder, staticGroups }: ColumnRule,
  groupOfStep: Uint16Array,
  order: Uint32Array | Int32Array,
  groups: number,
): Uint16Array | null {
  if (!actOrder || staticGroups || groups === 1) return null;
  const groupOfColumn = new Uint16Array(order.length);
  for (const [step, column] of order.entries()) groupOfColumn[column] = groupOfStep[step];
  return groupOfColumn;
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

/** Σ(w − ŵ)² / Σw². */
function compare(weight: Float32Array, restored: Float32Array): number {
  let error = 0;
  let square = 0;
  for (let i = 0; i < weight.length; i++) {
    error += (weight[i] - restored[i]) ** 2;
    square += weight[i] ** 2;
  }
  return square === 0 ? 0 : error / square;
}
