/** Numbers as the reader meets them: few digits, a real minus sign, a dash for what is not known. */

export const NONE = '–';

/** A share as per cent: 0.9912 → `99.1 %`; shares above 10 lose their decimal. */
export function percent(share: number | null): string {
  return share === null ? NONE : `${figure(share * 100, Math.abs(share) >= 10 ? 0 : 1)} %`;
}

/** Kept, as the rules of the measure say: below nothing is shown as nothing. */
export function keptText(kept: number | null): string {
  if (kept === null) return NONE;
  return kept < 0 ? '0 %' : percent(kept);
}

/** Half the width of an interval in points of per cent: `±0.6`; a dash where there is none. */
export function intervalText(low: number | null, high: number | null): string {
  return low === null || high === null ? NONE : `±${figure(((high - low) / 2) * 100, 1)}`;
}

/** A value in its own unit: fractions as per cent without the sign, perplexities with 2 digits after the point. */
export function valueText(value: number | null, unit: string): string {
  if (value === null) return NONE;
  if (unit === 'fraction') return figure(value * 100, 1);
  const size = Math.abs(value);
  if (size >= 10_000) return value.toExponential(1).replace('e+', 'e');
  if (size >= 1000) return figure(value, 0);
  return size > 0 && size < 0.01
    ? value.toExponential(1).replace('-', '−')
    : figure(value, size >= 100 ? 1 : 2);
}

/** Bits per weight: at most two digits after the point, none that say nothing. */
export function bitsText(bits: number | null): string {
  return bits === null ? NONE : String(Number(bits.toFixed(2)));
}

/** 16134 → `16,134`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** A change with its sign: −1.8, +0.2. */
export function signed(value: number | null, digits: number): string {
  if (value === null) return NONE;
  const text = figure(value, digits);
  return Number(text.replace('−', '-')) > 0 ? `+${text}` : text;
}

/** Bytes in the unit a person would use. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] =
    bytes < 1024 ** 2
      ? [bytes / 1024, 'KiB']
      : bytes < 1024 ** 3
        ? [bytes / 1024 ** 2, 'MiB']
        : [bytes / 1024 ** 3, 'GiB'];
  return `${figure(size, 1)} ${unit}`;
}

/** Milliseconds as seconds or minutes. */
export function durationText(ms: number): string {
  return ms < 60_000
    ? `${figure(ms / 1000, 1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function figure(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // −0.0 says less than 0.0.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}
