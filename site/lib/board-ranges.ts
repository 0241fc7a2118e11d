/** Ranges of numbers in the board's state, and their form in the address: `2..4.5`, `..4`, `3..`. */

/** Column ids: true bits per weight, parameters in billions, size in GB. */
export const RANGES = ['bpw', 'params', 'size'] as const;
export type RangeId = (typeof RANGES)[number];

/** Both ends count; null is no end. At least one is a number, of at most seven digits and four after the point. */
export interface Range {
  readonly low: number | null;
  readonly high: number | null;
}

export type Ranges = Readonly<Partial<Record<RangeId, Range>>>;

/** What a unit of a range is in its column. */
export const RANGE_UNITS: Readonly<Record<RangeId, number>> = { bpw: 1, params: 1, size: 1e9 };

const END = /^\d{1,7}(?:\.\d{1,4})?$/;

export function encodeRange({ low, high }: Range): string {
  return `${low ?? ''}..${high ?? ''}`;
}

/** null for what is no range. */
export function decodeRange(text: string): Range | null {
  const [low, high, more] = text.split('..');
  return high === undefined || more !== undefined ? null : rangeOf(low ?? '', high);
}

/** The range between two texts, as typed; what is no number is no end, and without any end there is no range. */
export function rangeOf(low: string, high: string): Range | null {
  const [from, to] = [low, high].map((text) => (END.test(text) ? Number(text) : null)) as [
    number | null,
    number | null,
  ];
  return from === null && to === null ? null : { low: from, high: to };
}

export function isWithin(value: number, { low, high }: Range, unit: number): boolean {
  return value >= (low ?? 0) * unit && value <= (high ?? Number.POSITIVE_INFINITY) * unit;
}
