/** What a claim's page says and draws: the reading of two verdicts, values in their unit, bars around a threshold. */
import { describe, expect, it } from 'vitest';
import { claimValue, reading, tally, type Verdict } from '../../site/lib/claim-words.ts';
import { domainOf, histogram, placeIn } from '../../site/lib/histogram.ts';

function side(
  side: Verdict['side'],
  verdict: Verdict['verdict'],
  n: number,
  n_holds: number,
  median: number | null,
) {
  return { side, verdict, unit: 'share', n, n_holds, median, lowest: median, highest: median } as const;
}

describe('the reading', () => {
  const yes = side('reported', 'holds', 402, 231, 0.016);
  const no = side('reported', 'fails', 402, 31, 0.05);
  const few = side('reported', 'not enough data', 0, 0, null);
  const own = { yes: side('measured', 'holds', 10, 9, 0.004), no: side('measured', 'fails', 1400, 3, 0.31) };
  const ownFew = side('measured', 'not enough data', 1, 1, 0.1);

  it.each([
    [
      yes,
      own.yes,
      'Papers and zoo agree: it holds in 231 of 402 published comparisons (median 1.6 %) and 9 of 10 measured comparisons (median 0.4 %).',
    ],
    [
      yes,
      own.no,
      'The zoo disagrees: it holds in 231 of 402 published comparisons (median 1.6 %), but only in 3 of 1,400 measured comparisons (median 31.0 %).',
    ],
    [
      no,
      own.yes,
      'Published rows do not bear it out, the zoo does: it holds in only 31 of 402 published comparisons (median 5.0 %), but in 9 of 10 measured comparisons (median 0.4 %).',
    ],
    [
      no,
      own.no,
      'Neither side bears it out: it holds in only 31 of 402 published comparisons (median 5.0 %) and 3 of 1,400 measured comparisons (median 31.0 %).',
    ],
    [
      yes,
      ownFew,
      'It holds in 231 of 402 published comparisons (median 1.6 %); the zoo cannot tell yet, with 1 comparison.',
    ],
    [few, own.yes, 'Only the zoo can tell: it holds in 9 of 10 measured comparisons (median 0.4 %).'],
    [few, side('measured', 'not enough data', 0, 0, null), 'Neither side has enough comparisons to tell.'],
  ] as const)('of %# is computed from both sides', (reported, measured, text) => {
    expect(reading(reported, measured)).toBe(text);
  });

  it('sums up verdicts', () => {
    expect(tally([yes, no, few, own.yes])).toBe('2 hold, 1 fail, 1 lack data');
  });

  it.each([
    [0.016, 'share', '1.6 %'],
    [-0.5, 'share', '−50.0 %'],
    [1, 'points', '1.0 point'],
    [-2.44, 'points', '−2.4 points'],
    [null, 'points', '–'],
  ] as const)('writes %s %s as %s', (value, unit, text) => {
    expect(claimValue(value, unit)).toBe(text);
  });
});

describe('the histogram', () => {
  it('shows the middle of the values and always the threshold', () => {
    const values = [...Array.from({ length: 99 }, (_, index) => index / 100), 1000];
    const domain = domainOf(values, -0.5);
    expect(domain.low).toBeCloseTo(-0.5 - 0.04 * 1.47, 9);
    expect(domain.high).toBeCloseTo(0.97 + 0.04 * 1.47, 9);
    expect([placeIn(domain, -9), placeIn(domain, 1000)]).toEqual([0, 1]);
    expect(domainOf([], 2).low).toBeLessThan(2);
  });

  it('counts every value once, in bars that end at the threshold', () => {
    const rows = Array.from({ length: 200 }, (_, index) => ({ value: index / 100, holds: index < 70 }));
    const domain = domainOf(
      rows.map(({ value }) => value),
      0.7,
    );
    const bars = histogram(rows, domain, 0.7);
    expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(200);
    expect(Math.max(...bars.map(({ height }) => height))).toBe(1);
    const edge = placeIn(domain, 0.7);
    for (const { x, width, holds } of bars) {
      expect(x >= 0 && x + width <= 1 + 1e-9).toBe(true);
      if (holds) expect(x + width).toBeLessThanOrEqual(edge + 1e-9);
      else expect(x).toBeGreaterThanOrEqual(edge - 1e-9);
    }
  });
});
