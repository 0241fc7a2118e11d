/** How strongly a share of kept is coloured: 5 is nearly whole, 0 nearly nothing, in the classes of the heat map. */
const CLASSES = [0.98, 0.95, 0.9, 0.7, 0.4];

/** Inline style of a `.heat` cell. */
export function heatStyle(kept: number): string {
  const place = CLASSES.findIndex((least) => kept >= least);
  const level = place === -1 ? 0 : CLASSES.length - place;
  return `--heat:var(--heat-${level});--heat-ink:var(--heat-ink-${level})`;
}
