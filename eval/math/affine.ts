/**
 * Uniform quantization of a group of weights: how its range, and from that its scale and zero, are found.
 * Grid: ŵ = scale · (code − zero), code = clamp(round(w / scale) + zero, 0, 2^bits − 1), halves to even.
 * The scale is rounded to half precision first and zero and codes are chosen for the rounded one, so that what is
 * stored is what is evaluated.
 */
import type { RangeConvention } from '../../data/recipe.ts';
import { FLOAT16_TINY, roundToFloat16 } from './float16.ts';
import { roundHalfEven } from './rounding.ts';

export interface AffineRule {
  /** 2…8. */
  readonly bits: number;
  readonly symmetric: boolean;
  /**
   * zero (GPTQ): the range contains 0; an all-zero group gets [−1, 1]; symmetric uses all 2^bits codes of [−a, a].
   * minmax (AWQ, Qllm-Eval): the true range, at least 1e-5 wide, zero clamped to a code.
   * free (OmniQuant without learned clipping): the true range, scale in [1e-5, 1e4], zero in ±1e4, not confined to codes.
   * Symmetric minmax and free: scale = max|w| / (2^(bits−1) − 1).
   */
  readonly range: RangeConvention;
  /** Shrink the range to p = 1, 0.99 … 0.21 of itself and keep the p with the least Σ|w − ŵ|^2.4 (Frantar et al., code). */
  readonly mse: boolean;
}

export interface AffineGrid {
  /** Representable in half precision; Infinity where the range is too wide for it. */
  scale: number;
  zero: number;
}

const SMALLEST_WIDTH = 1e-5;
const FREE_SCALE = { low: 1e-5, high: 1e4 } as const;
const FREE_ZERO = 1e4;
const SHRINK_STEPS = 80;
/** Steps to each side in `fitScaledGrid`, and how far they lead. */
const SCALE_STEPS = 50;
const SCALE_REACH = 0.1;
const ERROR_POWER = 2.4;

/** Fits the grid of `values[start … start + length)` into `out`. The values must be finite. */
export function fitGrid(
  values: Float64Array,
  start: number,
  length: number,
  rule: AffineRule,
  out: AffineGrid,
): void {
  let min = values[start];
  let max = min;
  for (let i = start + 1; i < start + length; i++) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  setGrid(min, max, rule, out);
  if (rule.mse) shrinkGrid(values, start, length, min, max, rule, out);
}

/**
 * Fits the grid of a group that is first clamped to ± `share` of its largest absolute value, into `out`.
 * @returns the bounds that its weights are clamped to
 */
export function fitClippedGrid(
  values: Float64Array,
  start: number,
  length: number,
  share: number,
  rule: AffineRule,
  out: AffineGrid,
): { readonly low: number; readonly high: number } {
  let min = values[start];
  let max = min;
  for (let i = start + 1; i < start + length; i++) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const bound = share * Math.max(Math.abs(min), Math.abs(max));
  const low = Math.max(min, -bound);
  const high = Math.min(max, bound);
  setGrid(low, high, rule, out);
  return { low, high };
}

/** The code of a weight on a grid. */
export function quantize(weight: number, scale: number, zero: number, maxCode: number): number {
  return clamp(roundHalfEven(weight / scale) + zero, 0, maxCode);
}

/** The grid of a group whose weights lie between two numbers. */
export function setGrid(min: number, max: number, rule: AffineRule, out: AffineGrid): void {
  if (rule.symmetric) {
    out.scale = storedScale(symmetricScale(Math.max(Math.abs(min), Math.abs(max)), rule));
    out.zero = 2 ** (rule.bits - 1);
    return;
  }
  const maxCode = 2 ** rule.bits - 1;
  let low = min;
  let width = max - min;
  if (rule.range === 'zero') {
    low = Math.min(min, 0);
    width = Math.max(max, 0) - low;
    if (width === 0) {
      low = -1;
      width = 2;
    }
  }
  if (rule.range === 'minmax') width = Math.max(width, SMALLEST_WIDTH);
  const scale = width / maxCode;
  out.scale = storedScale(rule.range === 'free' ? clamp(scale, FREE_SCALE.low, FREE_SCALE.high) : scale);
  const zero = roundHalfEven(-low / out.scale);
  // + 0 turns −0 into 0.
  out.zero = (rule.range === 'free' ? clamp(zero, -FREE_ZERO, FREE_ZERO) : clamp(zero, 0, maxCode)) + 0;
}

function symmetricScale(absmax: number, { bits, range }: AffineRule): number {
  if (range === 'zero') return (2 * (absmax === 0 ? 1 : absmax)) / (2 ** bits - 1);
  const steps = 2 ** (bits - 1) - 1;
  if (range === 'minmax') return Math.max(absmax, SMALLEST_WIDTH) / steps;
  return clamp(absmax / steps, FREE_SCALE.low, FREE_SCALE.high);
}

/** A range too narrow for half precision gets its smallest number rather than a scale of 0. */
function storedScale(scale: number): number {
  return Math.max(roundToFloat16(scale), FLOAT16_TINY);
}

function shrinkGrid(
  values: Float64Array,
  start: number,
  length: number,
  min: number,
  max: number,
  rule: AffineRule,
  best: AffineGrid,
): void {
  const candidate: AffineGrid = { scale: best.scale, zero: best.zero };
  let bestError = gridError(values, start, length, best, rule.bits, Number.POSITIVE_INFINITY);
  for (let i = 1; i < SHRINK_STEPS; i++) {
    const p = 1 - i / 100;
    setGrid(p * min, p * max, rule, candidate);
    const error = gridError(values, start, length, candidate, rule.bits, bestError);
    if (error >= bestError) continue;
    bestError = error;
    best.scale = candidate.scale;
    best.zero = candidate.zero;
  }
}

/**
 * The grid of 0.9, 0.902 … 1.1 times the range of the values with the least Σ|w − ŵ|^2.4; of equally good ones that of the range
 * nearest to the true one, the smaller first (Huang et al. 2024, arXiv:2405.14917, code).
 */
export function fitScaledGrid(
  values: Float64Array,
  start: number,
  length: number,
  rule: AffineRule,
  best: AffineGrid,
): void {
  fitGrid(values, start, length, rule, best);
  const range = values.subarray(start, start + length);
  const [min, max] = [Math.min(...range), Math.max(...range)];
  const candidate: AffineGrid = { scale: best.scale, zero: best.zero };
  let bestError = gridError(values, start, length, best, rule.bits, Number.POSITIVE_INFINITY);
  for (let i = 1; i <= SCALE_STEPS; i++) {
    for (const p of [1 - (SCALE_REACH * i) / SCALE_STEPS, 1 + (SCALE_REACH * i) / SCALE_STEPS]) {
      setGrid(p * min, p * max, rule, candidate);
      const error = gridError(values, start, length, candidate, rule.bits, bestError);
      if (error >= bestError) continue;
      bestError = error;
      best.scale = candidate.scale;
      best.zero = candidate.zero;
    }
  }
}

/** Σ|w − ŵ|^2.4, given up once it reaches `limit`. */
function gridError(
  values: Float64Array,
  start: number,
  length: number,
  { scale, zero }: AffineGrid,
  bits: number,
  limit: number,
): number {
  const maxCode = 2 ** bits - 1;
  let sum = 0;
  for (let i = start; i < start + length; i++) {
    const value = values[i];
    sum += Math.abs(value - scale * (quantize(value, scale, zero, maxCode) - zero)) ** ERROR_POWER;
    if (sum >= limit) return sum;
  }
  return sum;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
