/** What a linear and a rule must keep before they are compressed, and which scales can be stored. */
import type { Sparsity } from '../../data/recipe.ts';
import { methodErrors } from '../errors/method.ts';
import type { DenseLinear } from './operations.ts';

/** Stored group numbers have 16 bits. */
const MAX_GROUPS = 2 ** 16;

/** The group size with −1 resolved. Throws `method/group-size`, `method/group-count`. */
export function checkGroup(method: string, { name, K }: { name: string; K: number }, group: number): number {
  const size = group === -1 ? K : group;
  if (K % size !== 0) throw methodErrors.groupSize(method, name, size, K);
  if (K / size > MAX_GROUPS) throw methodErrors.groupCount(method, name, size, K, MAX_GROUPS);
  return size;
}

/** Throws `method/pattern` where runs of m do not divide a row. */
export function checkPattern(
  method: string,
  { name, K }: { readonly name: string; readonly K: number },
  sparsity: Sparsity,
): void {
  if (sparsity.kind === 'n:m' && K % sparsity.m !== 0)
    throw methodErrors.pattern(method, name, sparsity.n, sparsity.m, K);
}

/** Throws `method/pattern-group` where a group would begin inside a run of m. */
export function checkPatternGroup(method: string, name: string, sparsity: Sparsity, group: number): void {
  if (sparsity.kind === 'share' || group % sparsity.m === 0 || sparsity.m % group === 0) return;
  throw methodErrors.patternGroup(method, name, sparsity.n, sparsity.m, group);
}

/** Throws `method/shape`, `method/not-finite`. */
export function checkWeights(method: string, { name, weight, N, K }: DenseLinear): void {
  if (weight.length !== N * K) throw methodErrors.shape(method, name, N, K, weight.length);
  for (let i = 0; i < weight.length; i++) {
    if (Number.isFinite(weight[i])) continue;
    throw methodErrors.notFinite(method, name, Math.floor(i / K), i % K, weight[i]);
  }
}

/** Throws `method/scale-too-large` for a scale that half precision cannot hold. */
export function checkScales(
  method: string,
  name: string,
  scales: Float32Array | Float64Array,
  groups: number,
): void {
  for (let i = 0; i < scales.length; i++) {
    if (Number.isFinite(scales[i])) continue;
    throw methodErrors.scaleTooLarge(method, name, Math.floor(i / groups), i % groups);
  }
}
