/** How far rounding can have moved a published number of an item, see `eval/store/rounding.ts`. */

/** Of numbers that are kept in bins, a few are no multiples of the step. */
const MULTIPLES = 0.9;
/** Numbers of the first runs have three significant digits, stored in few bits. */
const DIGITS = 3;
const FEW_BITS = 1e-3;

/** Half a step is lost by rounding, and as much may be carried over from the item before; twice that in the first runs. */
const STEPS = 2;

/**
 * The distance of each published number from what was measured is at most this; step and digits are told by the numbers.
 * @param values as published, [items]
 */
export function roundingOf(values: Float64Array): (value: number) => number {
  const finite = values.filter((value) => Number.isFinite(value) && value !== 0);
  const step = STEPS * stepOf(finite);
  const isDecimal = finite.every((value) => {
    const rounded = Number(value.toPrecision(DIGITS));
    return Math.abs(rounded - value) <= FEW_BITS * Math.abs(value);
  });
  return (value) => (isDecimal && value !== 0 ? Math.max(step, lastDigit(value)) : step);
}

/** The largest power of two of which nearly all numbers are multiples; that of a single-precision number at least. */
function stepOf(values: Float64Array): number {
  if (values.length === 0) return 0;
  const trailing = Array.from(values, lowestBit).sort((a, b) => b - a);
  return trailing[Math.floor(MULTIPLES * (trailing.length - 1))]!;
}

/** The largest power of two that divides a single-precision number. */
function lowestBit(value: number): number {
  let bit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23);
  while (value % (2 * bit) === 0) bit *= 2;
  return bit;
}

function lastDigit(value: number): number {
  return 10 ** (Math.floor(Math.log10(Math.abs(value))) - DIGITS + 1);
}
