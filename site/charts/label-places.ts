/** Keeps labels in a column apart: each as near to its wish as the ones above and below allow. */

export interface Wish {
  /** Where the label would like to be, in the units of the axis. */
  readonly at: number;
}

/**
 * @param wishes  in any order
 * @param gap     least distance between two labels
 * @param bounds  lowest and highest place
 * @returns       places in the order of `wishes`; where they do not fit, the gap shrinks evenly
 */
export function placeLabels(
  wishes: readonly Wish[],
  gap: number,
  bounds: readonly [number, number],
): readonly number[] {
  const [low, high] = bounds;
  const room = wishes.length > 1 ? Math.min(gap, (high - low) / (wishes.length - 1)) : gap;
  const falling = wishes
    .map(({ at }, index) => ({ at, index }))
    .sort((a, b) => b.at - a.at || a.index - b.index);
  const places = new Array<number>(wishes.length).fill(0);
  let ceiling = high;
  for (const { at, index } of falling) {
    places[index] = Math.min(at, ceiling);
    ceiling = places[index]! - room;
  }
  let floor = low;
  for (const { index } of falling.toReversed()) {
    places[index] = Math.max(places[index]!, floor);
    floor = places[index]! + room;
  }
  return places;
}
