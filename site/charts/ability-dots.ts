/** Which ability goes first: dots for what each keeps, a panel for each number of bits, methods beside one another. */
import type { AbilityByBitsRow } from '../lib/db.ts';
import { intervalWords, keptText, percent, plural } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { defineChart, type MarkOf, SCHEMA, type Size, WHOLE_IS_16_BIT } from './chart.ts';
import { legendOf, methodsByReach, ofBestOrigin } from './most-used.ts';

const METHODS = 3;
const BITS = [4, 3, 2];
/** What is kept beyond this is drawn here. */
const MOST = 1.1;
const WIDTH: Readonly<Record<Size, number>> = { wide: 190, narrow: 170 };

export const abilityDots = defineChart({
  id: 'ability-dots',
  view: 'ability_by_bits',
  form: 'Dot plots, one for each number of weight bits: a row for each ability, a dot for the share that each method keeps of it, with the 95 % interval over models.',
  sizes: ['wide', 'narrow'],
  caution:
    'A dot is the mean over models, and its interval says how far it holds for other models like these. Abilities are tested by different numbers of tasks, and a hard task can have little to lose.',
  title: () => 'Which ability goes first?',
  finding,
  select: (rows) => {
    const own = ofBestOrigin(rows).filter(({ nominal_bits }) => BITS.includes(nominal_bits));
    const methods = methodsByReach(own, ({ ability, nominal_bits }) => `${ability} ${nominal_bits}`, METHODS);
    return own.filter(({ method_id }) => methods.includes(method_id));
  },
  legend: legendOf,
  columns: [
    { header: 'Ability', text: (row) => row.ability },
    { header: 'Method', text: (row) => row.method_title ?? row.method_id },
    { header: 'Bits', numeric: true, text: (row) => String(row.nominal_bits) },
    { header: 'Kept', numeric: true, text: (row) => percent(row.kept) },
    {
      header: '95 % interval',
      numeric: true,
      text: ({ low, high }) => (low === null ? '–' : `${percent(low)} to ${percent(high)}`),
    },
    { header: 'Models', numeric: true, text: (row) => String(row.n_models) },
    { header: 'Origin', text: (row) => row.origin },
  ],
  spec,
});

/** Abilities at 3 bits (else at the first size known) under the method that reaches furthest, the least kept first. */
function ranked(rows: readonly AbilityByBitsRow[]): readonly AbilityByBitsRow[] {
  const [method] = methodsByReach(rows, ({ ability, nominal_bits }) => `${ability} ${nominal_bits}`, 1);
  const own = rows.filter(({ method_id, ability }) => method_id === method && ability !== 'all');
  const level = own.some(({ nominal_bits }) => nominal_bits === 3) ? 3 : own[0]?.nominal_bits;
  return own.filter(({ nominal_bits }) => nominal_bits === level).toSorted((a, b) => a.kept - b.kept);
}

function finding(rows: readonly AbilityByBitsRow[]): string {
  const order = ranked(rows);
  const [first, last] = [order[0], order.at(-1)];
  if (first === undefined || last === undefined) return 'Nothing of this kind is known yet.';
  return `At ${plural(first.nominal_bits, 'bit')} ${first.method_title ?? first.method_id} keeps least of ${first.ability} (${percent(first.kept)}) and most of ${last.ability} (${percent(last.kept)}), in the mean over ${plural(first.n_models, 'model')}.`;
}

function spec(rows: readonly AbilityByBitsRow[], size: Size, markOf: MarkOf) {
  const values = dotsOf(rows, markOf);
  const order = ranked(rows).map(({ ability }) => ability);
  const rest = [...new Set(values.map(({ ability }) => ability))].filter((one) => !order.includes(one));
  const x = {
    field: 'kept',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [0, MOST], nice: false },
    axis: { format: '.0%', values: [0, 0.5, 1], labelExpr: WHOLE_IS_16_BIT },
  };
  const y = {
    field: 'ability',
    type: 'ordinal' as const,
    sort: [...rest, ...order],
    title: null,
    axis: { domain: false, ticks: false, labelLimit: 0, grid: true },
  };
  const yOffset = { field: 'group', type: 'nominal' as const };
  const stroke = { field: 'color', type: 'nominal' as const, scale: null };
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    padding: 4,
    data: { values },
    columns: size === 'wide' ? 3 : 1,
    facet: { field: 'bits', type: 'nominal' as const, title: null, sort: 'descending' as const },
    spec: {
      width: WIDTH[size],
      height: { step: 9 },
      layer: [
        {
          mark: { type: 'rule' as const, stroke: 'var(--ink)', strokeDash: [2, 3] },
          transform: [{ filter: 'datum.first' }],
          encoding: { x: { ...x, field: 'whole' } },
        },
        {
          mark: { type: 'rule' as const, strokeWidth: 1.2, aria: false },
          transform: [{ filter: 'isValid(datum.low)' }],
          encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, yOffset, stroke },
        },
        {
          mark: { type: 'point' as const, size: 40, strokeWidth: 1.2, opacity: 1 },
          encoding: {
            ...{ x, y, yOffset, stroke },
            fill: { field: 'fill', type: 'nominal' as const, scale: null },
            shape: { field: 'shape', type: 'nominal' as const, scale: null },
            description: { field: 'tip', type: 'nominal' as const },
          },
        },
      ],
    },
  };
}

function dotsOf(rows: readonly AbilityByBitsRow[], markOf: MarkOf) {
  const seen = new Set<number>();
  return rows.map((row) => {
    const { color, shape } = markOf(row.method_id);
    const first = !seen.has(row.nominal_bits);
    seen.add(row.nominal_bits);
    const drawn = (share: number | null) => (share === null ? null : Math.max(0, Math.min(MOST, share)));
    const ability = row.ability === 'all' ? 'all abilities' : row.ability;
    return {
      ability,
      group: row.method_title ?? row.method_id,
      bits: `${row.nominal_bits} bit`,
      kept: drawn(row.kept),
      low: drawn(row.low),
      high: drawn(row.high),
      whole: 1,
      first,
      color,
      fill: row.origin === 'measured' ? color : 'var(--paper)',
      shape: SHAPES[shape],
      tip: `${ability}, ${row.method_title ?? row.method_id}, ${row.nominal_bits} bits: ${keptText(row.kept)} kept${intervalWords(row.low, row.high)}, mean of ${plural(row.n_models, 'model')}`,
    };
  });
}
