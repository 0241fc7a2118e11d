/** How many digits of item outcomes are published: as many as a comparison item by item can make use of. */

/** In a standard deviation. */
const STEPS = 16;

/**
 * Rounds measured numbers of several recipes over the same items: each recipe to multiples of a power of two that is at
 * most 1/16 of the standard deviation of its differences from the 16-bit numbers, and these to the finest of all. What
 * rounding takes from one item goes to the next, so that a sum moves by half a step at most, and the variance of a
 * difference grows by less than 0.2 %. Multiples of the step, such as 0, and numbers that are not finite stay.
 * @param byRecipe  values of each recipe, [items]; not modified
 * @param baseline  recipe of the 16-bit numbers; without it, the standard deviation is that of the numbers themselves
 * @param bins      a number stays in its bin of 1/bins, to whose upper end it may be equal; null where nothing is binned
 */
export function roundTogether(
  byRecipe: ReadonlyMap<string, Float64Array>,
  baseline: string,
  bins: number | null = null,
): ReadonlyMap<string, Float64Array> {
  const before = byRecipe.get(baseline);
  const steps = new Map<string, number>();
  for (const [recipe, values] of byRecipe) {
    const isAlone = before === undefined || recipe === baseline;
    steps.set(recipe, stepFor(isAlone ? values : values.map((value, item) => value - before[item]!)));
  }
  const finest = Math.min(...[...steps.values()].filter((step) => step > 0));
  if (before !== undefined && Number.isFinite(finest)) steps.set(baseline, finest);
  return new Map(
    [...byRecipe].map(([recipe, values]) => [recipe, roundTo(values, steps.get(recipe)!, bins)]),
  );
}

/** The largest power of two that is not above the standard deviation / `STEPS`; 0 where all numbers are the same. */
function stepFor(values: Float64Array): number {
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const variance = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length;
  return variance > 0 ? 2 ** Math.floor(Math.log2(Math.sqrt(variance) / STEPS)) : 0;
}

function roundTo(values: Float64Array, step: number, bins: number | null): Float64Array {
  if (step === 0) return values;
  // Without the carry, many numbers far below the step would all become 0, and so would their sum.
  let carry = 0;
  return values.map((value) => {
    if (!Number.isFinite(value) || value % step === 0) return value;
    const wanted = value + carry;
    // Adding 0 makes 0 of −0.
    const nearest = Math.round(wanted / step) * step + 0;
    const rounded = bins === null ? nearest : keptInBin(value, nearest, step, bins);
    carry = Math.max(-step / 2, Math.min(step / 2, wanted - rounded));
    return rounded;
  });
}

function keptInBin(value: number, nearest: number, step: number, bins: number): number {
  const binOf = (one: number) => Math.ceil(one * bins);
  if (binOf(nearest) === binOf(value)) return nearest;
  const inside = [Math.floor(value / step) * step, Math.ceil(value / step) * step].find(
    (candidate) => binOf(candidate) === binOf(value),
  );
  return inside ?? value;
}
