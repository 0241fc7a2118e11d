/** What scaling and clipping kernels are called with, for the tests of the references and of the device. */
import { createRng } from '../../eval/math/rng.ts';
import { RULES } from './quantize-samples.ts';

/** Rows, columns, columns of a group. */
export const SHAPES = [
  [9, 96, 32],
  [8, 65, 65],
  [11, 48, 12],
] as const;

export const CLIP_RULES = RULES.filter(({ mse }) => !mse);

/** Positive factors of uneven size. */
export function factorsOf(count: number, seed: number): Float64Array {
  const rng = createRng(seed);
  return Float64Array.from({ length: count }, () => Math.exp(rng.normal()));
}

/** Shares of the range between one half and the whole. */
export const sharesOf = (count: number) => Float64Array.from({ length: count }, (_, i) => 1 - (i % 10) / 20);
