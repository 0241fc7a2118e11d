/**
 * Drawing tokens instead of taking the most probable one. The convention is that of `bl_sample` in `kernels/bl.h`, so that
 * a seed gives the same text on every engine as long as their logits agree.
 */
import { engineErrors as errors } from '../errors/engine.ts';
import { createRng } from '../math/rng.ts';

/** How the tokens of one request are drawn. */
export interface Sampling {
  /** Logits are divided by it; 0 takes the most probable token, the lowest id of equals. */
  readonly temperature: number;
  /** Only this many of the most probable tokens can be drawn; 0 means all. */
  readonly topK: number;
  /** Only the most probable tokens that have this much of the mass together can be drawn; 1 means all. */
  readonly topP: number;
  /** Token i of the request is drawn with the i-th number of this seed, whatever runs beside it. */
  readonly seed: number;
}

export const GREEDY: Sampling = { temperature: 0, topK: 0, topP: 1, seed: 0 };

/** Throws `engine/request` for values out of range. */
export function checkSampling({ temperature, topK, topP, seed }: Sampling, index: number): void {
  if (!(temperature >= 0 && temperature <= 1e4))
    throw errors.request(index, `its temperature is ${temperature}, not in 0 … 10000`);
  if (!Number.isInteger(topK) || topK < 0)
    throw errors.request(index, `its topK is ${topK}, not a whole number from 0`);
  if (!(topP > 0 && topP <= 1)) throw errors.request(index, `its topP is ${topP}, not above 0 and at most 1`);
  if (!Number.isSafeInteger(seed)) throw errors.request(index, `its seed ${seed} is not a safe integer`);
}

/** The numbers that the tokens of a request are drawn with, each in [0, 1) with 24 bits, so that float32 holds it. */
export function uniformsOf({ seed }: Sampling): () => number {
  const rng = createRng(seed);
  return () => Math.floor(rng.next() * 2 ** 24) / 2 ** 24;
}

/**
 * Token ids are put in order, the most probable first and the lower id first among equals; of them the first `topK` stay,
 * and of these the shortest start with at least `topP` of their mass. The first token whose mass, with all before it,
 * exceeds `uniform` times the mass of what stayed is drawn.
 * @param logits float32 `[V]`
 */
export function sampleToken(
  logits: Float32Array,
  { temperature, topK, topP }: Sampling,
  uniform: number,
): number {
  const highest = logits.reduce((max, logit) => Math.max(max, logit), Number.NEGATIVE_INFINITY);
  if (temperature === 0) return logits.indexOf(highest);
  const mass = Float64Array.from(logits, (logit) => Math.exp((logit - highest) / temperature));
  const order = Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  const first = order.subarray(0, topK === 0 ? order.length : topK);
  const target = topP * sumOf(first, mass);
  let kept = 0;
  let total = 0;
  while (kept < first.length && (kept === 0 || total < target)) {
    total += mass[first[kept]];
    kept += 1;
  }
  let sum = 0;
  for (const token of first.subarray(0, kept)) {
    sum += mass[token];
    if (sum > uniform * total) return token;
  }
  // Only rounding of the sums gets here.
  return first[kept - 1];
}

function sumOf(tokens: Uint32Array, mass: Float64Array): number {
  let sum = 0;
  for (const token of tokens) sum += mass[token];
  return sum;
}
