/** Binarization on the CPU: the reference for every other place where it is done. */
import { binaryBlocks } from '../formats/binary-blocks.ts';
import { dualBinary } from '../formats/dual-binary.ts';
import { partlyBinary } from '../formats/partly-binary.ts';
import { type BinaryBlockRule, binarizeBlocks, LEVELS } from '../math/binary-blocks.ts';
import { binarizeTwice } from '../math/dual-binary.ts';
import type { HessianFactor } from '../math/hessian.ts';
import { binarizePartly, type PartlyBinaryRule } from '../math/partly-binary.ts';
import { checkGroup, checkScales, checkWeights } from './checks.ts';
import type { Binarized, DenseLinear, DualBinaryRule, FactorHandle } from './operations.ts';

/** The factor of a handle in this process's memory; null where there is none. */
export async function factorOnHost(factor: FactorHandle): Promise<HessianFactor | null> {
  return factor.state === 'found' ? factor.toHost() : null;
}

/** Float64 copies of the weights, checked, with zeros for dead inputs. */
export function readLive(method: string, linear: DenseLinear, factor: HessianFactor | null): Float64Array {
  checkWeights(method, linear);
  const { N, K } = linear;
  const weights = Float64Array.from(linear.weight);
  for (const k of factor?.dead ?? []) for (let n = 0; n < N; n++) weights[n * K + k] = 0;
  return weights;
}

/** Cost: that of `binarizePartly`, N·K doubles three times. */
export function binarizePartlyOnHost(
  method: string,
  linear: DenseLinear,
  rule: PartlyBinaryRule,
  factor: HessianFactor | null,
): Binarized {
  const { name, N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  const weights = readLive(method, linear, factor);
  const upper = factor?.upper ?? null;
  const { made, loss } = binarizePartly(weights, N, K, upper, rule, group);
  checkScales(method, name, made.scales, 1);
  checkScales(method, name, made.means, K / group);
  checkScales(method, name, made.deviations, K / group);
  return { packed: partlyBinary.pack(made), loss };
}

/** Cost: that of `binarizeBlocks`, N·K doubles once and N·G a few times. */
export function binarizeBlocksOnHost(
  method: string,
  linear: DenseLinear,
  rule: BinaryBlockRule,
  factor: HessianFactor | null,
): Binarized {
  const { name, N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  const weights = readLive(method, linear, factor);
  const upper = factor?.upper ?? null;
  const { made, loss } = binarizeBlocks(weights, N, K, upper, { ...rule, group });
  checkScales(method, name, made.levels, (K / group) * LEVELS);
  return { packed: binaryBlocks.pack(made), loss };
}

/** Cost: that of `binarizeTwice`, N·K doubles. */
export function binarizeTwiceOnHost(
  method: string,
  linear: DenseLinear,
  rule: DualBinaryRule,
  factor: HessianFactor | null,
): Binarized {
  const { name, N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  const weights = readLive(method, linear, factor);
  const { made, loss } = binarizeTwice(weights, N, K, factor?.upper ?? null, rule.importance, group);
  checkScales(method, name, made.first, K / group);
  checkScales(method, name, made.second, K / group);
  return { packed: dualBinary.pack(made), loss };
}
