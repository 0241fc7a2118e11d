/** What is computed from measured times whenever it is shown, and stored nowhere. */
import type { BenchRow, Measurement, Times } from '../../data/bench-schema.ts';
import { median } from './measure.ts';

export interface RowValues {
  /** In the unit of the row; null where it was not measured. */
  readonly ours: number | null;
  readonly compared: number | null;
  /** How many times as fast as what it is compared with; for bytes, how many times as small. */
  readonly ratio: number | null;
  readonly fractionOfLimit: number | null;
  /** Null where nothing is required or nothing was measured. */
  readonly isMet: boolean | null;
}

export function valuesOf(row: BenchRow): RowValues {
  const ours = measuredValue(row, row.ours);
  const compared = row.compared === null ? null : measuredValue(row, row.compared);
  const speedup = (a: number, b: number) => (isRate(row) ? a / b : b / a);
  const ratio = ours === null || compared === null ? null : speedup(ours, compared);
  const fractionOfLimit = ours === null || row.limit === null ? null : speedup(ours, row.limit.value);
  return {
    ours,
    compared,
    ratio,
    fractionOfLimit,
    isMet: meets(row, row.required?.of === 'ratio' ? ratio : ours),
  };
}

function meets({ required }: BenchRow, value: number | null): boolean | null {
  if (required === null || value === null) return null;
  return value >= (required.at_least ?? -Infinity) && value <= (required.at_most ?? Infinity);
}

const isRate = ({ unit }: BenchRow) => unit.endsWith('/s');

function measuredValue(row: BenchRow, measured: Measurement): number | null {
  if ('not_measured' in measured) return null;
  if ('count' in measured) return measured.count;
  const seconds = secondsOf(measured, row.clock);
  return isRate(row) ? measured.amount / seconds : measured.amount * seconds;
}

/** Median of one repeat; the wall clock stands in where the device's was not read. */
function secondsOf({ device_ms, wall_ms }: Times, clock: BenchRow['clock']): number {
  return median(clock === 'device' ? (device_ms ?? wall_ms) : wall_ms) / 1000;
}
