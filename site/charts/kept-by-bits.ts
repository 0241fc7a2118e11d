/** The degradation curve: how much of one model is left as its weights get fewer bits, a line for each method. */
import type { CurveRow } from '../lib/db.ts';
import { percent } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { defineChart, type MarkOf, SCHEMA, type Size } from './chart.ts';
import { placeLabels } from './label-places.ts';

const WIDTH: Readonly<Record<Size, number>> = { wide: 520, narrow: 228 };
const HEIGHT: Readonly<Record<Size, number>> = { wide: 320, narrow: 300 };
/** Lines that get a name; the others stay in the background, and in the table. */
const NAMED: Readonly<Record<Size, number>> = { wide: 9, narrow: 7 };
const LABEL_PIXELS = 16;

export const keptByBits = defineChart({
  id: 'kept-by-bits',
  view: 'curve',
  form: 'Line chart: the share of the 16-bit model that is kept, against bits per weight falling to the right, a line for each method.',
  sizes: ['wide', 'narrow'],
  caution:
    'Only weights are compressed. A point is the median over sources and settings; bits are nominal, so methods with small groups spend more than they say.',
  title: (rows) => `How much of ${rows[0]?.model_name ?? 'a model'} is left as weights get fewer bits?`,
  finding,
  // The model with the most points, over all abilities.
  select: (rows) => {
    const points = new Map<string, number>();
    for (const { model_id, n_sources } of rows) points.set(model_id, (points.get(model_id) ?? 0) + n_sources);
    const [first] = [...points].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return rows.filter(({ model_id, ability }) => model_id === first?.[0] && ability === 'all');
  },
  legend: () => [],
  columns: [
    { header: 'Method', text: (row) => row.method_title ?? row.method_id },
    { header: 'Bits', numeric: true, text: (row) => String(row.nominal_bits) },
    { header: 'Kept', numeric: true, text: (row) => percent(row.kept) },
    { header: 'Lowest', numeric: true, text: (row) => percent(row.kept_lowest) },
    { header: 'Highest', numeric: true, text: (row) => percent(row.kept_highest) },
    { header: 'Recipes', numeric: true, text: (row) => String(row.n_recipes) },
    { header: 'Sources', numeric: true, text: (row) => String(row.n_sources) },
    { header: 'Origin', text: (row) => row.origin },
  ],
  spec,
});

/** The best method and RTN, where the curve is still flat and where it has fallen. */
function finding(rows: readonly CurveRow[]): string {
  const levels = [...new Set(rows.map(({ nominal_bits }) => nominal_bits))].sort((a, b) => b - a);
  const high = levels.includes(4) ? 4 : levels[0];
  const low = levels.filter((bits) => bits >= 2 && bits < (high ?? 0)).at(-1);
  const parts = [high, low].filter((bits) => bits !== undefined).map((bits) => levelText(rows, bits));
  return parts.length === 0 ? 'Nothing of this kind is known yet.' : `At ${parts.join('; at ')}.`;
}

function levelText(rows: readonly CurveRow[], bits: number): string {
  const here = rows.filter(({ nominal_bits }) => nominal_bits === bits);
  const best = bestOf(here);
  const plain = here.find(({ method_id }) => method_id === 'rtn');
  const rest = plain === undefined || plain === best ? '' : `, plain rounding (RTN) ${percent(plain.kept)}`;
  return `${bits} bit${bits === 1 ? '' : 's'} ${best.method_title ?? best.method_id} keeps ${percent(best.kept)}${rest}`;
}

function bestOf(rows: readonly CurveRow[]): CurveRow {
  return rows.reduce((best, row) => (row.kept > best.kept ? row : best));
}

interface Line {
  readonly key: string;
  readonly title: string;
  readonly points: readonly CurveRow[];
  readonly weight: number;
}

/** Lines by method and origin: measured ones first, then plain rounding, the best at 4 and 2 bits, the best supported. */
function linesOf(rows: readonly CurveRow[]): readonly Line[] {
  const winners = [4, 2]
    .map((bits) => rows.filter(({ nominal_bits }) => nominal_bits === bits))
    .filter(({ length }) => length > 0)
    .map(bestOf);
  const groups = Map.groupBy(rows, ({ method_id, origin }) => `${method_id} ${origin}`);
  return [...groups]
    .map(([key, points]) => ({
      key,
      title: points[0]!.method_title ?? points[0]!.method_id,
      points,
      weight: weigh(points, winners),
    }))
    .sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1));
}

function weigh(points: readonly CurveRow[], winners: readonly CurveRow[]): number {
  const { origin, method_id } = points[0]!;
  const evidence = points.reduce((sum, { n_sources }) => sum + n_sources, 0);
  const rank = [
    origin !== 'reported',
    method_id === 'rtn',
    points.some((point) => winners.includes(point)),
    points.length > 1,
  ];
  return rank.reduce((sum, holds) => sum * 2 + Number(holds), 0) * 1000 + evidence;
}

function spec(rows: readonly CurveRow[], size: Size, markOf: MarkOf) {
  const lines = linesOf(rows);
  const named = lines.slice(0, NAMED[size]);
  const top = Math.max(1.08, ...rows.map(({ kept }) => kept));
  const bits = rows.map(({ nominal_bits }) => nominal_bits);
  const [widest, narrowest] = [Math.max(4, ...bits), Math.min(2, ...bits)];
  const x = {
    field: 'bits',
    type: 'quantitative' as const,
    title: 'bits per weight',
    scale: { type: 'log' as const, base: 2, domain: [widest * 1.12, narrowest / 1.12], nice: false },
    axis: {
      values: [16, 8, 6, 5, 4, 3, 2, 1].filter((one) => one <= widest && one >= narrowest),
      grid: false,
      format: 'd',
    },
  };
  const y = {
    field: 'kept',
    type: 'quantitative' as const,
    title: 'kept',
    scale: { domain: [0, top], nice: false },
    axis: { format: '.0%', values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  };
  const drawn = (line: Line, isNamed: boolean) =>
    line.points.map((row) => pointOf(row, line, markOf, isNamed));
  const points = lines.flatMap((line) => drawn(line, named.includes(line)));
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    width: WIDTH[size],
    height: HEIGHT[size],
    padding: { left: 4, top: 4, bottom: 4, right: 4 },
    layer: [
      {
        data: { values: [{ kept: 1 }] },
        mark: { type: 'rule' as const, stroke: 'var(--ink)', strokeDash: [2, 3] },
        encoding: { y },
      },
      {
        data: { values: [{ kept: 1, label: 'the 16-bit model' }] },
        mark: { type: 'text' as const, align: 'right' as const, dy: -8, fill: 'var(--ink-2)' },
        encoding: { x: { value: WIDTH[size] }, y, text: { field: 'label' } },
      },
      lineLayer(points, x, y),
      whiskerLayer(points, x, y),
      pointLayer(points, x, y),
      ...labelLayers(named, markOf, top, size, x, y),
    ],
  };
}

interface Point {
  readonly bits: number;
  readonly kept: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly line: string;
  readonly color: string;
  readonly fill: string;
  readonly shape: string;
  readonly opacity: number;
  readonly tip: string;
}

function pointOf(row: CurveRow, line: Line, markOf: MarkOf, isNamed: boolean): Point {
  const { color, shape } = markOf(row.method_id);
  const half = row.kept_half;
  const support = `${row.n_recipes} recipe${row.n_recipes === 1 ? '' : 's'} by ${row.n_sources} source${row.n_sources === 1 ? '' : 's'}`;
  return {
    bits: row.nominal_bits,
    kept: Math.max(0, row.kept),
    low: half === null ? null : Math.max(0, row.kept - half),
    high: half === null ? null : row.kept + half,
    line: line.key,
    color,
    fill: row.origin === 'measured' ? color : 'var(--paper)',
    shape: SHAPES[shape],
    opacity: isNamed ? 1 : 0.28,
    tip: `${line.title}, ${row.nominal_bits} bits: ${percent(row.kept)} kept, ${row.origin}, ${support}`,
  };
}

const STYLE = {
  stroke: { field: 'color', scale: null },
  opacity: { field: 'opacity', type: 'quantitative', scale: null },
} as const;

function lineLayer<X, Y>(points: readonly Point[], x: X, y: Y) {
  return {
    data: { values: [...points] },
    mark: { type: 'line' as const, strokeWidth: 1.75 },
    encoding: { x, y, detail: { field: 'line' }, ...STYLE },
  };
}

function whiskerLayer<X, Y extends object>(points: readonly Point[], x: X, y: Y) {
  const values = points.filter(({ low }) => low !== null);
  return {
    data: { values },
    mark: { type: 'rule' as const, strokeWidth: 1.5 },
    encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, ...STYLE },
  };
}

function pointLayer<X, Y>(points: readonly Point[], x: X, y: Y) {
  return {
    data: { values: [...points] },
    mark: { type: 'point' as const, size: 75, strokeWidth: 1.5 },
    encoding: {
      x,
      y,
      ...STYLE,
      fill: { field: 'fill', scale: null },
      shape: { field: 'shape', scale: null },
      description: { field: 'tip' },
    },
  };
}

/** Names stand in a column at the right, apart from each other, each tied to the end of its line. */
function labelLayers<X, Y extends object>(
  lines: readonly Line[],
  markOf: MarkOf,
  top: number,
  size: Size,
  x: X,
  y: Y,
) {
  const ends = lines.map((line) =>
    line.points.reduce((last, point) => (point.nominal_bits < last.nominal_bits ? point : last)),
  );
  const gap = (LABEL_PIXELS / HEIGHT[size]) * top;
  const places = placeLabels(
    ends.map(({ kept }) => ({ at: Math.max(0, kept) })),
    gap,
    [0, top],
  );
  const values = ends.map((end, index) => ({
    bits: end.nominal_bits,
    kept: Math.max(0, end.kept),
    place: places[index]!,
    label: `${lines[index]!.title}${end.origin === 'reported' ? '' : ` (${end.origin})`}`,
    color: markOf(end.method_id).color,
    shape: SHAPES[markOf(end.method_id).shape],
    fill: end.origin === 'measured' ? markOf(end.method_id).color : 'var(--paper)',
  }));
  const edge = WIDTH[size];
  return [
    {
      data: { values },
      mark: { type: 'rule' as const, strokeWidth: 1, strokeDash: [1, 2], opacity: 0.7 },
      encoding: {
        x,
        y,
        x2: { value: edge + 8 },
        y2: { field: 'place' },
        stroke: { field: 'color', scale: null },
      },
    },
    {
      data: { values },
      mark: { type: 'point' as const, size: 60, strokeWidth: 1.5, opacity: 1 },
      encoding: {
        x: { value: edge + 16 },
        y: { ...y, field: 'place' },
        stroke: { field: 'color', scale: null },
        fill: { field: 'fill', scale: null },
        shape: { field: 'shape', scale: null },
      },
    },
    {
      data: { values },
      mark: { type: 'text' as const, align: 'left' as const, baseline: 'middle' as const },
      encoding: { x: { value: edge + 25 }, y: { ...y, field: 'place' }, text: { field: 'label' } },
    },
  ];
}
