/** Tail sums are divided by this whenever they pass it, so that thousands of flips do not overflow. */
const RESCALE_EXPONENT = 900;

/**
 * Exact McNemar test (McNemar 1947; exact form: two-sided binomial test of the discordant pairs against ½).
 * @param lost   items right before and wrong after
 * @param gained items wrong before and right after
 * @returns      p = min(1, 2 · P(X ≤ min(lost, gained))), X ~ Binomial(lost + gained, ½); 1 where nothing changed
 */
export function mcnemarExact(lost: number, gained: number): number {
  const n = lost + gained;
  const fewer = Math.min(lost, gained);
  // tail · 2^exponent = 2 · Σ C(n, i) / 2^n
  let term = 1;
  let tail = 1;
  let exponent = 1 - n;
  for (let i = 1; i <= fewer; i++) {
    term = (term * (n - i + 1)) / i;
    tail += term;
    if (tail > 2 ** RESCALE_EXPONENT) {
      term /= 2 ** RESCALE_EXPONENT;
      tail /= 2 ** RESCALE_EXPONENT;
      exponent += RESCALE_EXPONENT;
    }
  }
  // In two steps: 2^exponent alone may be too small for a double where the product is not.
  const half = Math.floor(exponent / 2);
  return Math.min(1, tail * 2 ** half * 2 ** (exponent - half));
}
