/**
 * Exact McNemar test (McNemar 1947; exact form: two-sided binomial test of the discordant pairs against ½).
 * @param lost   items right before and wrong after
 * @param gained items wrong before and right after
 * @returns      p = min(1, 2 · P(X ≤ min(lost, gained))), X ~ Binomial(lost + gained, ½); 1 where nothing changed
 */
export function mcnemarExact(lost: number, gained: number): number {
  const n = lost + gained;
  const fewer = Math.min(lost, gained);
  // ln of C(n, i) / 2^n, so that thousands of flips neither overflow nor vanish before they are added.
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let i = 1; i <= fewer; i++) {
    logTerm += Math.log((n - i + 1) / i);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
