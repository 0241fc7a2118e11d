/** What makes damage visible in a generated text: pure functions of token ids and log-probabilities. */

const NGRAM = 4;

/**
 * The share of 4-grams that have occurred before in the text; 0 for one of fewer than four tokens.
 * Source: Welleck et al. 2019, arXiv:1908.04319, section 6 (seq-rep-4).
 */
export function repetitionRate(tokens: readonly number[]): number {
  const total = tokens.length - NGRAM + 1;
  if (total <= 0) return 0;
  const seen = new Set<string>();
  for (let i = 0; i < total; i += 1) seen.add(tokens.slice(i, i + NGRAM).join(' '));
  return 1 - seen.size / total;
}

/** Whether each token is another one than the reference has at its place, or stands after its end. */
export function differences(tokens: readonly number[], reference: readonly number[]): readonly boolean[] {
  return tokens.map((token, i) => token !== reference[i]);
}

/** exp of the mean negative log-probability. */
export function perplexity(logProbabilities: Float32Array): number {
  return Math.exp(-logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length);
}

/** NaN for none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i];
  return sum / values.length;
}
