/**
 * Rotations that a compressed linear applies to its input: codes of W·R, read with x·R. Beside the attributes of whatever
 * layout it has, `rotationSeed` names R (eval/math/rotation.ts), which is not stored otherwise. The weights that such a linear
 * stands for are ŵ·Rᵀ.
 */
import { formatErrors } from '../errors/method.ts';
import { rotateRows } from '../math/rotation.ts';
import type { PackedLinear } from './format.ts';

const NAME = 'rotationSeed';

/** @param packed  of W·R */
export function withInputRotation(packed: PackedLinear, seed: number): PackedLinear {
  return { ...packed, attributes: { ...packed.attributes, [NAME]: seed } };
}

/** The seed; null where the input is read as it is. Throws `format/damaged`. */
export function inputRotationOf({ format, attributes }: PackedLinear): number | null {
  const seed = attributes[NAME];
  if (seed === undefined) return null;
  if (typeof seed === 'number' && Number.isInteger(seed)) return seed;
  throw formatErrors.damaged(format, `${NAME} is ${JSON.stringify(seed)}, expected a whole number`);
}

/** ŵ·Rᵀ for ŵ `[N, K]`, in place. */
export function rotateBack(weight: Float32Array, K: number, seed: number): void {
  rotateRows(weight, K, seed, true);
}
