/** The standard normal distribution. */

/** Below this distance between two Newton steps nothing changes any more in float64. */
const CLOSE = 1e-15;

/**
 * Φ(x) − ½ by the series φ(x)·(x + x³/3 + x⁵/(3·5) + …), all of whose terms have one sign.
 * Source: Marsaglia 2004, Journal of Statistical Software 11(4), §2. To full precision for |x| ≤ 6.
 */
export function normalArea(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > CLOSE * Math.abs(sum); odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return sum * normalDensity(x);
}

/** Φ⁻¹(p) by Newton's method from 0, which comes closer with every step. @throws RangeError outside 1e-8 … 1 − 1e-8 */
export function normalQuantile(p: number): number {
  if (!(p >= 1e-8 && p <= 1 - 1e-8)) throw new RangeError(`[normal] no quantile for a probability of ${p}.`);
  let x = 0;
  for (let step = Number.POSITIVE_INFINITY; Math.abs(step) > CLOSE * Math.max(1, Math.abs(x)); ) {
    const next = x + (p - 0.5 - normalArea(x)) / normalDensity(x);
    // Rounding can make the last two steps go to and fro.
    if (Math.abs(next - x) >= Math.abs(step)) break;
    step = next - x;
    x = next;
  }
  return x;
}

function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}
