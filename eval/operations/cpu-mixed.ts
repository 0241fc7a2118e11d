/** Bits that differ by group on the CPU: the reference for every other place where it is done. */
import { mixedGroups } from '../formats/mixed-groups.ts';
import { allocateBits } from '../math/bit-allocation.ts';
import { roundMixed } from '../math/mixed-groups.ts';
import { factorOnHost, readLive } from './binary.ts';
import { checkGroup, checkScales } from './checks.ts';
import type { Binarized, DenseLinear, FactorHandle, HessianHandle, MixedRule } from './operations.ts';

/** Cost: that of `allocateBits` and `roundMixed`, N·K doubles five times. */
export async function roundMixedOnHost(
  method: string,
  linear: DenseLinear,
  rule: MixedRule,
  hessian: HessianHandle,
  handle: FactorHandle,
): Promise<Binarized> {
  const { name, N, K } = linear;
  const group = checkGroup(method, linear, rule.group);
  const factor = await factorOnHost(handle);
  const upper = factor?.upper ?? null;
  const weights = readLive(method, linear, factor);
  let bits: Uint8Array = new Uint8Array(K / group).fill(rule.bits);
  if (upper !== null) {
    const pivots = Float64Array.from({ length: K }, (_, k) => upper[k * K + k]);
    const { values } = await hessian.toHost();
    bits = allocateBits({ N, K, weights, hessian: values, pivots, group, bits: rule.bits });
  }
  const { made, loss } = roundMixed(weights, N, K, upper, bits, group);
  checkScales(method, name, made.scales, K / group);
  checkScales(method, name, made.zeros, K / group);
  return { packed: mixedGroups.pack(made), loss };
}
