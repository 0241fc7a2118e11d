/** A rule for grids as the kernels take it. */
import type { AffineRule } from '../../math/affine.ts';
import { BL } from './kernels.gen.ts';

const RANGES = { zero: BL.RANGE_ZERO, minmax: BL.RANGE_MINMAX, free: BL.RANGE_FREE } as const;

/** Columns of the scratch that column loops keep errors in. */
export const ERROR_COLUMNS = 512;

export function numbersOf({ bits, symmetric, range, mse }: AffineRule) {
  return { bits, symmetric: Number(symmetric), range: RANGES[range], mse: Number(mse) };
}
