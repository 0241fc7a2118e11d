/** Finds what somebody probably meant, for error messages about unknown names. */

/**
 * The known names closest to `name`, best first, at most `limit`. A name counts as close when it starts with or contains
 * the given one, or when at most a third of its letters (and at least one, at most three) have to change.
 */
export function nearest(name: string, known: readonly string[], limit = 3): readonly string[] {
  const wanted = name.toLowerCase();
  return known
    .map((candidate) => ({ candidate, distance: closeness(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** `Did you mean "a" or "b"?`, or an empty text where nothing is close. */
export function didYouMean(name: string, known: readonly string[]): string {
  const close = nearest(name, known, 2);
  return close.length === 0 ? '' : `Did you mean ${close.map((candidate) => `"${candidate}"`).join(' or ')}?`;
}

function closeness(wanted: string, candidate: string): number {
  if (wanted.length >= 3 && (candidate.startsWith(wanted) || candidate.endsWith(wanted))) return 0.5;
  if (wanted.length >= 4 && candidate.includes(wanted)) return 1;
  const allowed = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  const distance = editDistance(wanted, candidate);
  return distance <= allowed ? distance : Number.POSITIVE_INFINITY;
}

/** Damerau–Levenshtein distance (optimal string alignment): insertions, deletions, changes and swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    new Array<number>(b.length + 1).fill(0).fill(i, 0, 1),
  );
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(change, rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = best;
    }
  }
  return rows[a.length]![b.length]!;
}
