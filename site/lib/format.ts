/** Numbers as the reader meets them: few digits, a real minus sign, a dash for what is not known. */

export const NONE = '–';

/** A share as per cent: 0.9912 → `99.1 %`; shares above 10 lose their decimal. */
export function percent(share: number | null): string {
  return isUnknown(share) ? NONE : `${figure(share * 100, Math.abs(share) >= 10 ? 0 : 1)} %`;
}

/** Kept, as the rules of the measure say: below nothing is shown as nothing. */
export function keptText(kept: number | null): string {
  if (isUnknown(kept)) return NONE;
  return kept < 0 ? '0 %' : percent(kept);
}

/** Half the width of an interval in points of per cent: `±0.6`; a dash where there is none. */
export function intervalText(low: number | null, high: number | null): string {
  return isUnknown(low) || isUnknown(high) ? NONE : `±${figure(((high - low) / 2) * 100, 1)}`;
}

/** As {@link intervalText} with both ends, behind a number in a sentence: ` (95 % interval 96.0 % to 98.1 %)`; nothing where there is none. */
export function intervalWords(low: number | null, high: number | null): string {
  return isUnknown(low) || isUnknown(high) ? '' : ` (95 % interval ${percent(low)} to ${percent(high)})`;
}

/** A value in its own unit: fractions as per cent without the sign, perplexities with 2 digits after the point. */
export function valueText(value: number | null, unit: string): string {
  if (isUnknown(value)) return NONE;
  if (unit === 'fraction') return figure(value * 100, 1);
  const size = Math.abs(value);
  if (size >= 10_000) return exponential(value);
  if (size >= 1000) return figure(value, 0);
  return size > 0 && size < 0.01 ? exponential(value) : figure(value, size >= 100 ? 1 : 2);
}

/** `2026-11-26 19:52 UTC`. */
export function dateText(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** The unit in which {@link valueText} writes, in a word. */
export function unitText(unit: string): string {
  return unit === 'fraction' ? '%' : unit;
}

/** Bits per weight: at most two digits after the point, none that say nothing. */
export function bitsText(bits: number | null): string {
  return isUnknown(bits) ? NONE : String(Number(bits.toFixed(2)));
}

/** 16134 → `16,134`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** 1 → `1 model`, 12 → `12 models`; `ability` becomes `abilities`. */
export function plural(count: number, noun: string): string {
  const many = /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${countText(count)} ${count === 1 ? noun : many}`;
}

/** A change with its sign: −1.8, +0.2. */
export function signed(value: number | null, digits: number): string {
  if (isUnknown(value)) return NONE;
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
  if (ms < 59_950) return `${figure(ms / 1000, 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** NaN is what arithmetic makes of a missing number. */
function isUnknown(value: number | null): value is null {
  return value === null || Number.isNaN(value);
}

function exponential(value: number): string {
  return value.toExponential(1).replace('e+', 'e').replaceAll('-', '−');
}

function figure(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // −0.0 says less than 0.0.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}
