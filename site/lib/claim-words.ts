/** What the data say about a claim, in words that are computed and never typed. */
import type { ClaimRow } from './db.ts';
import { countText, NONE, percent, signed } from './format.ts';

/** What a reading needs of a verdict. */
export type Verdict = Pick<
  ClaimRow,
  'side' | 'verdict' | 'unit' | 'n' | 'n_holds' | 'median' | 'lowest' | 'highest'
>;

/** A compared value in the unit of its claim: `1.6 %` or `2.4 points`. */
export function claimValue(value: number | null, unit: ClaimRow['unit']): string {
  if (value === null) return NONE;
  if (unit === 'share') return percent(value);
  const text = signed(value, 1).replace('+', '');
  return `${text} point${text === '1.0' ? '' : 's'}`;
}

/** `231 of 402`. */
export function holdsText({ n_holds, n }: Pick<ClaimRow, 'n_holds' | 'n'>): string {
  return `${countText(n_holds)} of ${countText(n)}`;
}

/** One sentence on both sides together. */
export function reading(reported: Verdict, measured: Verdict): string {
  const published = counted(reported, 'published');
  const own = counted(measured, 'measured');
  switch (`${reported.verdict}/${measured.verdict}` as const) {
    case 'holds/holds':
      return `Papers and zoo agree: it holds in ${published} and ${own}.`;
    case 'fails/fails':
      return `Neither side bears it out: it holds in only ${published} and ${own}.`;
    case 'holds/fails':
      return `The zoo disagrees: it holds in ${published}, but only in ${own}.`;
    case 'fails/holds':
      return `Published rows do not bear it out, the zoo does: it holds in only ${published}, but in ${own}.`;
    case 'holds/not enough data':
      return `It holds in ${published}; the zoo cannot tell yet${few(measured)}.`;
    case 'fails/not enough data':
      return `It holds in only ${published}; the zoo cannot tell yet${few(measured)}.`;
    case 'not enough data/holds':
      return `Only the zoo can tell: it holds in ${own}.`;
    case 'not enough data/fails':
      return `Only the zoo can tell, and does not bear it out: it holds in only ${own}.`;
    case 'not enough data/not enough data':
      return 'Neither side has enough comparisons to tell.';
  }
}

function counted(row: Verdict, side: string): string {
  return `${holdsText(row)} ${side} comparison${row.n === 1 ? '' : 's'} (median ${claimValue(row.median, row.unit)})`;
}

function few({ n }: Verdict): string {
  return n === 0 ? '' : `, with ${countText(n)} comparison${n === 1 ? '' : 's'}`;
}

/** Sums up a list of verdicts: `holds 21, fails 12, not enough data 5`. */
export function tally(verdicts: readonly Pick<ClaimRow, 'verdict'>[]): string {
  const count = (verdict: ClaimRow['verdict']) => verdicts.filter((row) => row.verdict === verdict).length;
  return `${count('holds')} hold, ${count('fails')} fail, ${count('not enough data')} lack data`;
}
