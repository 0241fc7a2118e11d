/**
 * Half-quadratic quantization of a group: its scale spans the group, its zero is solved for so that Σ|w − ŵ|^0.7 becomes
 * small. Grid: ŵ = scale · (code − zero) with a fractional zero, code = clamp(round(w / scale + zero), 0, 2^bits − 1).
 * Source: Badri & Shaji 2023, "Half-Quadratic Quantization of Large Machine Learning Models", equations 4 to 8, and its
 * code (optimize_weights_proximal) for the constants.
 */
import { FLOAT16_TINY, roundToFloat16 } from './float16.ts';
import { roundHalfEven } from './rounding.ts';

/** As published. */
export const HALF_QUADRATIC = { power: 0.7, beta: 10, kappa: 1.01, iterations: 20 } as const;

/** Beyond it a zero has no place in half precision, whose largest number is 65504. */
const LARGEST_ZERO = 2 ** 15;

export interface FloatGrid {
  /** Both representable in half precision; the scale is Infinity where the range is too wide for it. */
  scale: number;
  zero: number;
}

/**
 * Solves for the zero of `values[start … start + length)` into `out`. Each step takes the shrunken errors out of the
 * weights and sets the zero to what fits the rest best; of all zeros on the way, the first one and the whole number next to
 * it included, the one with the least Σ|w − ŵ|^0.7 is kept. So no group is worse than rounded to nearest on its scale.
 * Cost: 22 passes over the group, one power each.
 */
export function solveZero(
  values: Float64Array,
  start: number,
  length: number,
  bits: number,
  out: FloatGrid,
): void {
  const { beta, kappa, iterations } = HALF_QUADRATIC;
  const first = spanning(values, start, length, bits);
  const group: Group = { values, start, length, scale: first.scale, maxCode: 2 ** bits - 1, next: 0 };
  out.scale = first.scale;
  out.zero = roundToFloat16(roundHalfEven(first.zero)) + 0;
  let least = pass(group, out.zero, 1 / beta);
  // At 4 bits the whole number is where the published code starts.
  let zero = bits === 4 ? out.zero : roundToFloat16(first.zero);
  for (let step = 0, weight = 1 / beta; step <= iterations; step++, weight /= kappa) {
    const error = pass(group, zero, weight);
    if (error < least) {
      least = error;
      out.zero = zero;
    }
    zero = group.next;
  }
}

interface Group {
  readonly values: Float64Array;
  readonly start: number;
  readonly length: number;
  readonly scale: number;
  readonly maxCode: number;
  /** Set by `pass`. */
  next: number;
}

/** Σ|w − ŵ|^0.7 for a zero; what the zero becomes next goes into the group. */
function pass(group: Group, zero: number, weight: number): number {
  const { values, start, length, scale, maxCode } = group;
  let error = 0;
  let sum = 0;
  for (let i = start; i < start + length; i++) {
    const code = codeOf(values[i], scale, zero, maxCode);
    const difference = values[i] - scale * (code - zero);
    const size = Math.abs(difference);
    // The derivative of the norm; at 0 it has none, and 0 is its own shrinkage.
    const slope = size === 0 ? 0 : size ** (HALF_QUADRATIC.power - 1);
    error += size * slope;
    const kept = Math.sign(difference) * Math.max(size - weight * slope, 0);
    sum += code - (values[i] - kept) / scale;
  }
  group.next = roundToFloat16(sum / length) + 0;
  return error;
}

/** The code of a weight on a grid with a fractional zero. */
export function codeOf(weight: number, scale: number, zero: number, maxCode: number): number {
  return Math.min(Math.max(roundHalfEven(weight / scale + zero), 0), maxCode);
}

/** The scale that spans a group, and the zero that puts its least weight on code 0. */
function spanning(values: Float64Array, start: number, length: number, bits: number): FloatGrid {
  let min = values[start];
  let max = min;
  for (let i = start + 1; i < start + length; i++) {
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  const most = Math.max(Math.abs(min), Math.abs(max));
  const width = Math.max((max - min) / (2 ** bits - 1), most / LARGEST_ZERO);
  const scale = Math.max(roundToFloat16(width), FLOAT16_TINY);
  return { scale, zero: -min / scale + 0 };
}
