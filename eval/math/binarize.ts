/** Two-level quantization: a sign for each weight around a mean, both of which are stored in half precision. */
import { roundToFloat16 } from './float16.ts';

/** ŵ = mean + deviation for w ≥ mean, mean − deviation below it. */
export interface BinaryLevels {
  mean: number;
  deviation: number;
}

/** Which entries of a run take part: those with `mask[i] === wanted`. */
export interface Members {
  readonly mask: Uint8Array;
  readonly wanted: number;
}

/**
 * The best pair mean ± deviation for the signs around the mean: mean of the entries, and their mean distance from it.
 * Entries `at … at + length` of `values` with `mask[at + i] === wanted`; none gives 0 and 0. Both are rounded to half precision.
 * Source: Rastegari et al. 2016, arXiv:1603.05279, §3.1, around a mean.
 */
export function fitBinary(
  values: Float64Array,
  { mask, wanted }: Members,
  at: number,
  length: number,
  out: BinaryLevels,
): void {
  let sum = 0;
  let count = 0;
  for (let i = at; i < at + length; i++) {
    if (mask[i] !== wanted) continue;
    sum += values[i];
    count++;
  }
  const mean = count === 0 ? 0 : sum / count;
  let distance = 0;
  for (let i = at; i < at + length; i++) {
    if (mask[i] === wanted) distance += Math.abs(values[i] - mean);
  }
  out.mean = roundToFloat16(mean);
  out.deviation = count === 0 ? 0 : roundToFloat16(distance / count);
}

/** As `fitBinary` in the published code of PB-LLM: entries that do not take part count as zeros, in both means. */
export function fitBinaryWithZeros(
  values: Float64Array,
  { mask, wanted }: Members,
  at: number,
  length: number,
  out: BinaryLevels,
): void {
  let sum = 0;
  for (let i = at; i < at + length; i++) if (mask[i] === wanted) sum += values[i];
  const mean = sum / length;
  let distance = 0;
  for (let i = at; i < at + length; i++) {
    distance += Math.abs((mask[i] === wanted ? values[i] : 0) - mean);
  }
  out.mean = roundToFloat16(mean);
  out.deviation = roundToFloat16(distance / length);
}
