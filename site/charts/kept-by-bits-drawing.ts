/** The specification of the degradation curve: lines, intervals and points, and names in a column at the right. */
import type { CurveRow } from '../lib/db.ts';
import { intervalWords, keptText, percent, plural } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { type MarkOf, SCHEMA, type Size } from './chart.ts';
import { type Line, linesOf } from './kept-by-bits-lines.ts';
import { placeLabels } from './label-places.ts';

const WIDTH: Readonly<Record<Size, number>> = { wide: 520, narrow: 228 };
const HEIGHT: Readonly<Record<Size, number>> = { wide: 320, narrow: 300 };
/** Lines that get a name; the others stay in the background, and in the table. */
const NAMED: Readonly<Record<Size, number>> = { wide: 9, narrow: 7 };
const LABEL_PIXELS = 16;

/** One drawing of the curve; the best supported lines by name, the others in the background. */
export function drawLines(rows: readonly CurveRow[], size: Size, markOf: MarkOf) {
  const lines = linesOf(rows);
  const named = lines.slice(0, NAMED[size]);
  const top = Math.max(1.08, ...rows.map(({ kept }) => kept));
  const { x, y } = axes(rows, top);
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
      ...chanceLayers(rows, y),
      lineLayer(points, x, y),
      whiskerLayer(points, x, y),
      pointLayer(points, x, y),
      ...labelLayers(named, markOf, top, size, x, y),
    ],
  };
}

/** What nothing kept means: guessing, but where language is modelled, which has no chance to be right. */
function chanceLayers<Y>(rows: readonly CurveRow[], y: Y) {
  if (rows.every(({ ability }) => ability === 'language modelling')) return [];
  return [
    {
      data: { values: [{ kept: 0, label: 'chance' }] },
      mark: { type: 'text' as const, align: 'left' as const, dx: 4, dy: -7, fill: 'var(--ink-2)' },
      encoding: { x: { value: 0 }, y, text: { field: 'label' } },
    },
  ];
}

/** Bits fall to the right on a log scale; kept goes up to `top`. */
function axes(rows: readonly CurveRow[], top: number) {
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
  return { x, y };
}

interface Point {
  readonly bits: number;
  readonly kept: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly line: string;
  readonly group: string;
  readonly color: string;
  readonly fill: string;
  readonly shape: string;
  readonly opacity: number;
  readonly tip: string;
}

function pointOf(row: CurveRow, line: Line, markOf: MarkOf, isNamed: boolean): Point {
  const { color, shape } = markOf(row.method_id);
  const half = row.kept_half;
  const [lowest, highest] = [keptText(row.kept_lowest), keptText(row.kept_highest)];
  const range = lowest === highest ? '' : ` from ${lowest} to ${highest}`;
  const support = `${plural(row.n_recipes, 'recipe')} by ${plural(row.n_sources, 'source')}${range}`;
  const low = half === null ? null : Math.max(0, row.kept - half);
  const high = half === null ? null : Math.max(0, row.kept + half);
  return {
    bits: row.nominal_bits,
    kept: Math.max(0, row.kept),
    low,
    high,
    line: line.key,
    group: line.title,
    color,
    fill: row.origin === 'measured' ? color : 'var(--paper)',
    shape: SHAPES[shape],
    opacity: isNamed ? 1 : 0.28,
    tip: `${line.title}, ${row.nominal_bits} bits: ${percent(row.kept)} kept${intervalWords(low, high)}, ${row.origin}, ${support}`,
  };
}

const STYLE = {
  stroke: { field: 'color', scale: null },
  opacity: { field: 'opacity', type: 'quantitative', scale: null },
} as const;

function lineLayer<X, Y>(points: readonly Point[], x: X, y: Y) {
  return {
    data: { values: [...points] },
    mark: { type: 'line' as const, strokeWidth: 1.75, aria: false },
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
    group: lines[index]!.title,
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
      mark: { type: 'point' as const, size: 60, strokeWidth: 1.5, opacity: 1, aria: false },
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
