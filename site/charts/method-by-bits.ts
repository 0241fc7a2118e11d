/** The heat map: what every method keeps at every number of weight bits, over all models. */
import type { MethodByBitsRow } from '../lib/db.ts';
import { percent, plural } from '../lib/format.ts';
import { defineChart, SCHEMA } from './chart.ts';

const BITS = [8, 6, 5, 4, 3, 2, 1];
/** Lower ends of the classes of colour, from all kept to nearly nothing. */
const CLASSES = [0.98, 0.95, 0.9, 0.7, 0.4];

export const methodByBits = defineChart({
  id: 'method-by-bits',
  view: 'method_by_bits',
  form: 'Heat map: a row for each method, a column for each number of weight bits, in each cell the share of the 16-bit model that is kept.',
  sizes: ['wide'],
  caution:
    'A cell is the median over all published and measured values, so its models and tasks differ from those of its neighbours: compare methods on one model before choosing.',
  title: () => 'Which method keeps how much at how many bits?',
  finding,
  // Weights only, reported and measured together.
  select: (rows) => rows.filter(({ origin, tensor }) => origin === 'all' && tensor === 'W'),
  legend: () => [],
  columns: [
    { header: 'Method', text: (row) => row.method_title ?? row.method_id },
    { header: 'Bits', numeric: true, text: (row) => String(row.nominal_bits) },
    { header: 'Kept (median)', numeric: true, text: (row) => percent(row.kept) },
    { header: 'Values', numeric: true, text: (row) => String(row.n_values) },
    { header: 'Models', numeric: true, text: (row) => String(row.n_models) },
    { header: 'Sources', numeric: true, text: (row) => String(row.n_sources) },
  ],
  spec: (rows) => {
    const values = rows.filter(({ nominal_bits }) => BITS.includes(nominal_bits)).map(cellOf);
    return {
      $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
      // The whole is as wide as a phone: there is one drawing for all screens.
      width: { step: 33 },
      height: { step: 22 },
      padding: 4,
      data: { values },
      encoding: {
        x: {
          field: 'bits',
          type: 'ordinal',
          sort: BITS.map(String),
          title: 'bits per weight',
          axis: { orient: 'top', labelAngle: 0, domain: false, ticks: false },
        },
        y: {
          field: 'group',
          type: 'nominal',
          sort: methodOrder(rows),
          title: null,
          axis: { domain: false, ticks: false, labelLimit: 0, labelColor: 'var(--ink)' },
        },
      },
      layer: [
        {
          mark: { type: 'rect', stroke: 'var(--paper)', strokeWidth: 1 },
          encoding: { fill: { field: 'fill', type: 'nominal', scale: null }, description: { field: 'tip' } },
        },
        {
          mark: { type: 'text', fontSize: 11 },
          encoding: { text: { field: 'text' }, fill: { field: 'ink', type: 'nominal', scale: null } },
        },
      ],
    };
  },
});

function cellOf(row: MethodByBitsRow) {
  const place = CLASSES.findIndex((least) => row.kept >= least);
  const level = place === -1 ? 0 : CLASSES.length - place;
  const method = row.method_title ?? row.method_id;
  return {
    group: method,
    bits: String(row.nominal_bits),
    fill: `var(--heat-${level})`,
    ink: `var(--heat-ink-${level})`,
    text: percent(row.kept).replace(' %', ''),
    tip: `${method}, ${row.nominal_bits} bits: ${percent(row.kept)} kept, median of ${plural(row.n_values, 'value')} on ${plural(row.n_models, 'model')} by ${plural(row.n_sources, 'source')}`,
  };
}

/** Methods with the most values first: the best known are met at the top. */
function methodOrder(rows: readonly MethodByBitsRow[]): string[] {
  const support = new Map<string, number>();
  for (const { method_title, method_id, n_values } of rows) {
    const name = method_title ?? method_id;
    support.set(name, (support.get(name) ?? 0) + n_values);
  }
  return [...support].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** How many methods still keep 95 % in the median, size by size. */
function finding(rows: readonly MethodByBitsRow[]): string {
  const parts = [4, 3, 2].flatMap((bits) => {
    const here = rows.filter(({ nominal_bits }) => nominal_bits === bits);
    return here.length === 0
      ? []
      : [`at ${bits} bits ${here.filter(({ kept }) => kept >= 0.95).length} of ${here.length}`];
  });
  return parts.length === 0
    ? 'Nothing of this kind is known yet.'
    : `Methods that keep 95 % or more in the median: ${parts.join(', ')}.`;
}
