/** Helpers of the engine tests. */
import { noise } from './tiny-models.ts';

/** Largest difference over the largest expected value. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [worst, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, difference);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return worst / scale;
}

export function randomTokens(length: number, vocabSize: number, seed: number): number[] {
  const next = noise(seed);
  return Array.from({ length }, () => Math.floor(((next() + 1) / 2) * vocabSize) % vocabSize);
}
