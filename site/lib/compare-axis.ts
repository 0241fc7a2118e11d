/** The axis of the forest plot: even about zero, wide enough for nearly all that is drawn, with few round ticks. */
import type { Difference } from './compare.ts';

const STEPS = [1, 2, 5, 10, 20, 50];
/** One of twenty may lie beyond the ends, so that a single collapse does not press all others together. */
const INSIDE = 0.95;

/** `reach` is the end of the axis in points, on either side; `ticks` are in points. */
export function ticksOf(differences: readonly (Difference | null)[]): { ticks: number[]; reach: number } {
  const ends = differences
    .flatMap((one) =>
      one === null ? [] : [100 * Math.max(...[one.value, one.low ?? 0, one.high ?? 0].map(Math.abs))],
    )
    .sort((a, b) => a - b);
  const reach = 1.05 * Math.max(1, ends[Math.ceil(INSIDE * ends.length) - 1] ?? 1);
  const step = STEPS.find((one) => reach / one <= 2.5) ?? 100;
  const count = Math.floor(reach / step);
  return { ticks: Array.from({ length: 2 * count + 1 }, (_, place) => (place - count) * step), reach };
}
