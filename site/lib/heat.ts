/** How strongly a share of kept is coloured: 5 is nearly whole, 0 nearly nothing, in the classes of the heat map. */
const CLASSES = [0.98, 0.95, 0.9, 0.7, 0.4];

function heatLevel(kept: number): number {
  const place = CLASSES.findIndex((least) => kept >= least);
  return place === -1 ? 0 : CLASSES.length - place;
}

/** Inline style of a `.heat` cell. */
export function heatStyle(kept: number): string {
  const level = heatLevel(kept);
  return `--heat:var(--heat-${level});--heat-ink:var(--heat-ink-${level})`;
}

/** The same for React. */
export function heatProperties(kept: number): Readonly<Record<'--heat' | '--heat-ink', string>> {
  const level = heatLevel(kept);
  return { '--heat': `var(--heat-${level})`, '--heat-ink': `var(--heat-ink-${level})` };
}
