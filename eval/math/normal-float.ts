/**
 * The 4-bit NormalFloat: levels at quantiles of the normal distribution, with an exact zero, so that codes of normal weights
 * are about equally frequent. Source: Dettmers et al. 2023, arXiv:2305.14314, §3 and appendix E.
 */
import { normalQuantile } from './normal.ts';

/** 1 − ½·(1/32 + 1/30), as the reference code writes it (bitsandbytes, create_normal_map). */
export const NF4_LAST_QUANTILE = 0.9677083;

/** The code of the exact zero. */
export const NF4_ZERO = 7;

/** Float32 `[16]`, rising from −1 to 1: 7 levels below zero and 8 above. */
export const NF4_LEVELS: Float32Array = normalFloatLevels();

/** Float32 `[15]`: halfway between neighbouring levels. */
export const NF4_BOUNDARIES: Float32Array = Float32Array.from({ length: 15 }, (_, i) =>
  Math.fround(0.5 * Math.fround(NF4_LEVELS[i] + NF4_LEVELS[i + 1])),
);

/**
 * The nearest level of `value / absmax`: the number of boundaries, scaled by `absmax` in float32, that lie below the value.
 * @param value   float32, at most `absmax` in size
 * @param absmax  float32; 0 gives the code of zero
 */
export function nearestLevel(value: number, absmax: number): number {
  if (absmax === 0) return NF4_ZERO;
  let code = 0;
  for (let step = 8; step > 0; step >>= 1) {
    if (value > Math.fround(NF4_BOUNDARIES[code + step - 1] * absmax)) code += step;
  }
  return code;
}

/** Quantiles of equal steps on either side of zero, one more above it than below, scaled to end at ±1; all in float32. */
function normalFloatLevels(): Float32Array {
  const side = (count: number) => probabilities(count).map((p) => Math.fround(normalQuantile(p)));
  const above = side(8).toReversed();
  const below = side(7).map((quantile) => -quantile);
  const most = above[7];
  return Float32Array.from([...below, 0, ...above], (quantile) => Math.fround(quantile / most));
}

/** `count` equal steps from the last quantile towards ½, which is left out; each counted from the nearer end. */
function probabilities(count: number): readonly number[] {
  const { fround } = Math;
  const from = fround(NF4_LAST_QUANTILE);
  const step = fround(fround(0.5 - from) / count);
  return Array.from({ length: count }, (_, i) =>
    i < (count + 1) / 2 ? fround(from + fround(step * i)) : fround(0.5 - fround(step * (count - i))),
  );
}
