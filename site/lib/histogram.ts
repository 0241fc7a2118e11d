/** A small histogram of values around a threshold. Values far out are pinned to the ends, so that a few do not hide the rest. */

export interface Bar {
  /** Left edge and width as shares of the drawing, height as share of the highest bar. */
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly count: number;
  /** Whether most of its values hold. */
  readonly holds: boolean;
}

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/** From the 2nd to the 98th percentile of all values, with the threshold inside and a little air. */
export function domainOf(values: readonly number[], threshold: number): Domain {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? threshold;
  const low = Math.min(at(0.02), threshold);
  const high = Math.max(at(0.98), threshold);
  const air = (high - low || Math.abs(threshold) || 1) * 0.04;
  return { low: low - air, high: high + air };
}

/** Place of a value in the drawing, 0…1. */
export function placeIn({ low, high }: Domain, value: number): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

/** Bars whose edges meet the threshold, so that no bar lies on both sides of it. Empty bars are left out. */
export function histogram(
  rows: readonly { readonly value: number; readonly holds: boolean }[],
  domain: Domain,
  threshold: number,
  bins = 48,
): Bar[] {
  const edge = placeIn(domain, threshold) * bins;
  const shift = edge - Math.floor(edge);
  const groups = Map.groupBy(rows, ({ value, holds }) => {
    const place = Math.floor(placeIn(domain, value) * bins - shift + 1e-9);
    return `${holds ? 1 : 0} ${Math.min(place, bins - 1)}`;
  });
  const highest = Math.max(1, ...[...groups.values()].map((group) => group.length));
  return [...groups].map(([key, group]) => {
    const [holds, place] = key.split(' ').map(Number) as [number, number];
    const left = Math.max(0, place + shift) / bins;
    const right = Math.min(1, (place + 1 + shift) / bins);
    return {
      x: left,
      width: right - left,
      height: group.length / highest,
      count: group.length,
      holds: holds === 1,
    };
  });
}
