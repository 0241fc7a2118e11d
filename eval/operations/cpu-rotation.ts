/** W·R in TypeScript. */
import { rotateRows } from '../math/rotation.ts';
import { checkWeights } from './checks.ts';
import type { DenseLinear } from './operations.ts';

/** Throws `method/shape`, `method/not-finite`. */
export function rotateLinear(method: string, linear: DenseLinear, seed: number): DenseLinear {
  checkWeights(method, linear);
  const { name, N, K } = linear;
  const weight = linear.weight.slice();
  rotateRows(weight, K, seed);
  return { name, weight, N, K };
}
