/** Small multiples: the curve of every family in a panel of its own, the same methods in each. */
import type { CurveByFamilyRow } from '../lib/db.ts';
import { intervalWords, percent, plural } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { defineChart, type MarkOf, SCHEMA, type Size, WHOLE_IS_16_BIT } from './chart.ts';
import { legendOf, methodsByReach, ofBestOrigin } from './most-used.ts';

const METHODS = 3;
const BITS = [8, 4, 3, 2];
const PANEL: Readonly<Record<Size, { width: number; height: number; columns: number }>> = {
  wide: { width: 150, height: 110, columns: 4 },
  narrow: { width: 96, height: 90, columns: 2 },
};

export const familyCurves = defineChart({
  id: 'family-curves',
  view: 'curve_by_family',
  form: 'Small line charts, one for each family: the share of the 16-bit model that is kept, against bits per weight falling to the right, a line for each method, with a band where an interval is known.',
  sizes: ['wide', 'narrow'],
  caution:
    'Only weights are compressed; of several group sizes the smallest counts. Most families have one model here, so a panel shows that model as much as its family.',
  title: () => 'Do all families fall off the same cliff?',
  finding,
  select: (rows) => {
    const own = ofBestOrigin(rows).filter(({ nominal_bits }) => BITS.includes(nominal_bits));
    const methods = methodsByReach(own, ({ family }) => family, METHODS);
    return own.filter(({ method_id }) => methods.includes(method_id));
  },
  legend: legendOf,
  columns: [
    { header: 'Family', text: (row) => row.family },
    { header: 'Method', text: (row) => row.method_title ?? row.method_id },
    { header: 'Bits', numeric: true, text: (row) => String(row.nominal_bits) },
    { header: 'Kept', numeric: true, text: (row) => percent(row.kept) },
    {
      header: '95 % interval',
      numeric: true,
      text: (row) => (row.kept_half === null ? '–' : `±${(100 * row.kept_half).toFixed(1)}`),
    },
    { header: 'Models', numeric: true, text: (row) => String(row.n_models) },
    { header: 'Origin', text: (row) => row.origin },
  ],
  spec,
});

/** Where plain rounding keeps least and most, at the size at which families differ most. */
function finding(rows: readonly CurveByFamilyRow[]): string {
  const method = methodsByReach(rows, ({ family }) => family, 1)[0];
  const levels = BITS.map((bits) =>
    rows
      .filter(({ method_id, nominal_bits }) => method_id === method && nominal_bits === bits)
      .toSorted((a, b) => a.kept - b.kept),
  ).filter(({ length }) => length > 1);
  if (levels.length === 0) return 'Fewer than two families are known yet.';
  const spread = (level: readonly CurveByFamilyRow[]) => level.at(-1)!.kept - level[0]!.kept;
  const widest = levels.reduce((a, b) => (spread(b) > spread(a) ? b : a));
  const [least, most] = [widest[0]!, widest.at(-1)!];
  return `They differ most at ${plural(least.nominal_bits, 'bit')}: there ${least.method_title ?? least.method_id} keeps ${percent(Math.max(0, least.kept))} of ${least.family} and ${percent(most.kept)} of ${most.family}.`;
}

function spec(rows: readonly CurveByFamilyRow[], size: Size, markOf: MarkOf) {
  const { width, height, columns } = PANEL[size];
  const values = pointsOf(rows, markOf);
  const x = {
    field: 'bits',
    type: 'quantitative' as const,
    title: null,
    scale: { type: 'log' as const, base: 2, domain: [8.8, 1.82], nice: false },
    axis: { values: BITS, grid: false, format: 'd' },
  };
  const y = {
    field: 'kept',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [0, Math.max(1.08, ...values.map(({ kept }) => kept))], nice: false },
    axis: { format: '.0%', values: [0, 0.5, 1], labelExpr: WHOLE_IS_16_BIT },
  };
  const stroke = { field: 'color', type: 'nominal' as const, scale: null };
  const detail = { field: 'group', type: 'nominal' as const };
  const rule = { transform: [{ filter: 'datum.first' }], encoding: { y: { ...y, field: 'whole' } } };
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    padding: 4,
    data: { values },
    columns,
    facet: { field: 'family', type: 'nominal' as const, title: null, sort: 'ascending' as const },
    spec: {
      width,
      height,
      layer: [
        { ...rule, mark: { type: 'rule' as const, stroke: 'var(--ink)', strokeDash: [2, 3] } },
        {
          mark: { type: 'area' as const, opacity: 0.18, aria: false },
          transform: [{ filter: 'isValid(datum.low)' }],
          encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, fill: stroke, detail },
        },
        {
          mark: { type: 'line' as const, strokeWidth: 1.5, aria: false },
          encoding: { x, y, stroke, detail },
        },
        {
          mark: { type: 'point' as const, size: 36, strokeWidth: 1.2, opacity: 1 },
          encoding: {
            ...{ x, y, stroke },
            fill: { field: 'fill', type: 'nominal' as const, scale: null },
            shape: { field: 'shape', type: 'nominal' as const, scale: null },
            description: { field: 'tip', type: 'nominal' as const },
          },
        },
      ],
    },
  };
}

function pointsOf(rows: readonly CurveByFamilyRow[], markOf: MarkOf) {
  const seen = new Set<string>();
  return rows.map((row) => {
    const { color, shape } = markOf(row.method_id);
    const first = !seen.has(row.family);
    seen.add(row.family);
    const half = row.kept_half;
    const low = half === null ? null : Math.max(0, row.kept - half);
    const high = half === null ? null : Math.max(0, row.kept + half);
    return {
      family: row.family,
      group: row.method_title ?? row.method_id,
      bits: row.nominal_bits,
      kept: Math.max(0, row.kept),
      low,
      high,
      whole: 1,
      first,
      color,
      fill: row.origin === 'measured' ? color : 'var(--paper)',
      shape: SHAPES[shape],
      tip: `${row.family}, ${row.method_title ?? row.method_id}, ${row.nominal_bits} bits: ${percent(Math.max(0, row.kept))} kept${intervalWords(low, high)}`,
    };
  });
}
