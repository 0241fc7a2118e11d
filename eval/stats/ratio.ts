/** A ratio of two sums over items, the common form of means, log-perplexities and rates. */
export interface RatioEstimate {
  readonly ratio: number;
  /** null for fewer than two items. */
  readonly stdError: number | null;
}

/**
 * Ratio of Σ numerators to Σ denominators with its standard error by linearization (Cochran, Sampling Techniques, 3rd
 * ed. 1977, eq. 6.10–6.13, without finite-population correction):
 * s² = Σ (yᵢ − r·xᵢ)² / (n − 1), error = s / (√n · x̄). With all denominators 1 this is sample sd / √n.
 * @param numerators   float64 [n]
 * @param denominators float64 [n], their sum above 0; null means all 1
 */
export function estimateRatio(numerators: Float64Array, denominators: Float64Array | null): RatioEstimate {
  const n = numerators.length;
  const total = denominators === null ? n : sum(denominators);
  const ratio = sum(numerators) / total;
  if (n < 2) return { ratio, stdError: null };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (numerators[i]! - ratio * (denominators?.[i] ?? 1)) ** 2;
  return { ratio, stdError: Math.sqrt((n * squares) / (n - 1)) / total };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
