/** Where the outliers of one model are: kurtosis by layer, a line for the highest of each kind of tensor. */
import type { TensorProfileRow } from '../lib/db.ts';
import { countText } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { defineChart, SCHEMA, type Size } from './chart.ts';
import { placeLabels } from './label-places.ts';
import { sizeText, spreadText, TENSOR_KIND_LOOKS, TENSOR_KINDS } from './tensor-kinds.ts';

const WIDTH: Readonly<Record<Size, number>> = { wide: 620, narrow: 216 };
const HEIGHT: Readonly<Record<Size, number>> = { wide: 320, narrow: 280 };
const LABEL_PIXELS = 16;
const NORMAL = 3;

export const tensorStatistics = defineChart({
  id: 'tensor-statistics',
  view: 'tensor_profile',
  form: 'Line chart: kurtosis on a log scale against the layer, a point for each tensor, and a line through the highest of each kind: weights, inputs of linear layers (activations), keys and values.',
  sizes: ['wide', 'narrow'],
  caution:
    'Kurtosis says how much of the spread comes from few large numbers: 3 for a normal distribution. All tokens and channels of a tensor are pooled, so that a channel which is always large and a token which is large everywhere look alike; activations, keys and values depend on the text.',
  title: (rows) => `Which tensors of ${rows[0]?.model_name ?? 'a model'} have outliers, and where?`,
  finding,
  // The largest model of which statistics are known.
  select: (rows) => {
    const [largest] = [...rows].sort((a, b) => b.params_b - a.params_b || (a.model_id < b.model_id ? -1 : 1));
    return rows.filter(({ model_id }) => model_id === largest?.model_id);
  },
  legend: () => [],
  columns: [
    { header: 'Layer', numeric: true, text: (row) => String(row.layer) },
    { header: 'Kind', text: (row) => row.tensor },
    { header: 'Linear', text: (row) => row.linear },
    { header: 'Kurtosis', numeric: true, text: (row) => spreadText(row.kurtosis) },
    { header: 'AbsMax / σ', numeric: true, text: (row) => spreadText(row.peak) },
    { header: 'AbsMax', numeric: true, text: (row) => sizeText(row.abs_max) },
    { header: 'σ', numeric: true, text: (row) => sizeText(row.std) },
    { header: 'Numbers', numeric: true, text: (row) => countText(row.count) },
  ],
  spec,
});

/** The furthest out, and how far the weights are from it. */
function finding(rows: readonly TensorProfileRow[]): string {
  const highest = (some: readonly TensorProfileRow[]) =>
    some.reduce<TensorProfileRow | null>(
      (most, row) => ((row.kurtosis ?? 0) > (most?.kurtosis ?? 0) ? row : most),
      null,
    );
  const first = highest(rows);
  if (first === null) return 'Nothing of this kind is known yet.';
  const place = `${TENSOR_KIND_LOOKS[first.tensor].of} ${first.linear}`;
  const size = `kurtosis ${spreadText(first.kurtosis)}, the largest number ${spreadText(first.peak)} standard deviations from zero`;
  const weight = highest(rows.filter(({ tensor }) => tensor === 'weight'));
  const rest =
    weight === null || weight === first ? '' : `; no weight is above ${spreadText(weight.kurtosis)}`;
  return `Furthest out is ${place}: ${size}${rest}.`;
}

function spec(rows: readonly TensorProfileRow[], size: Size) {
  const values = rows.filter(({ kurtosis }) => kurtosis !== null).map(pointOf);
  const top = Math.max(30, ...values.map(({ kurtosis }) => kurtosis)) * 1.3;
  const { x, y } = axes(Math.max(1, ...values.map(({ layer }) => layer)), top);
  const drawn = { stroke: { field: 'color', scale: null }, shape: { field: 'shape', scale: null } } as const;
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    width: WIDTH[size],
    height: HEIGHT[size],
    padding: 4,
    layer: [
      ...normalLayers(size, y),
      {
        data: { values: values.filter(({ isExtreme }) => !isExtreme) },
        mark: { type: 'point' as const, size: 26, strokeWidth: 1, opacity: 0.55 },
        encoding: { x, y, ...drawn, description: { field: 'tip' } },
      },
      {
        data: { values: values.filter(({ isExtreme }) => isExtreme) },
        mark: { type: 'line' as const, strokeWidth: 1.75, aria: false },
        encoding: { x, y, detail: { field: 'kind' }, stroke: drawn.stroke },
      },
      {
        data: { values: values.filter(({ isExtreme }) => isExtreme) },
        mark: { type: 'point' as const, size: 65, strokeWidth: 1.4 },
        encoding: { x, y, ...drawn, fill: { field: 'color', scale: null }, description: { field: 'tip' } },
      },
      ...nameLayers(values, top, size, x, y),
    ],
  };
}

function axes(lastLayer: number, top: number) {
  const ticks = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 1_000_000];
  const x = {
    field: 'layer',
    type: 'quantitative' as const,
    title: 'layer',
    scale: { domain: [0, lastLayer], nice: false, padding: 8 },
    axis: { grid: false, tickMinStep: 1, format: 'd' },
  };
  const y = {
    field: 'kurtosis',
    type: 'quantitative' as const,
    title: 'kurtosis',
    scale: { type: 'log' as const, domain: [1, top], nice: false },
    axis: { values: ticks.filter((tick) => tick <= top), format: ',' },
  };
  return { x, y };
}

interface Point {
  readonly layer: number;
  readonly kurtosis: number;
  readonly kind: TensorProfileRow['tensor'];
  readonly color: string;
  readonly group: string;
  readonly shape: string;
  readonly isExtreme: boolean;
  readonly tip: string;
}

function pointOf(row: TensorProfileRow): Point {
  const { color, shape, of, title } = TENSOR_KIND_LOOKS[row.tensor];
  return {
    layer: row.layer,
    kurtosis: row.kurtosis!,
    kind: row.tensor,
    group: title,
    color,
    shape: SHAPES[shape],
    isExtreme: row.is_extreme,
    tip: `${of} ${row.linear}: kurtosis ${spreadText(row.kurtosis)}, AbsMax ${sizeText(row.abs_max)}, ${spreadText(row.peak)} σ`,
  };
}

/** What a normal distribution would have. */
function normalLayers<Y>(size: Size, y: Y) {
  return [
    {
      data: { values: [{ kurtosis: NORMAL }] },
      mark: { type: 'rule' as const, stroke: 'var(--ink)', strokeDash: [2, 3] },
      encoding: { y },
    },
    {
      data: { values: [{ kurtosis: NORMAL, label: 'normal distribution' }] },
      mark: { type: 'text' as const, align: 'center' as const, dy: 11, fill: 'var(--ink-2)' },
      encoding: { x: { value: WIDTH[size] / 2 }, y, text: { field: 'label' } },
    },
  ];
}

/** Kinds are named in a column at the right, each tied to the end of its line. */
function nameLayers<X, Y extends object>(values: readonly Point[], top: number, size: Size, x: X, y: Y) {
  const ends = TENSOR_KINDS.flatMap((kind) => {
    const line = values.filter((point) => point.kind === kind && point.isExtreme);
    return line.length === 0 ? [] : [line.reduce((last, point) => (point.layer > last.layer ? point : last))];
  });
  const height = Math.log10(top);
  const places = placeLabels(
    ends.map(({ kurtosis }) => ({ at: Math.log10(kurtosis) })),
    (LABEL_PIXELS / HEIGHT[size]) * height,
    [0, height],
  );
  const names = ends.map((end, index) => ({
    ...end,
    place: 10 ** places[index]!,
    label: TENSOR_KIND_LOOKS[end.kind].title,
  }));
  const edge = WIDTH[size];
  const stroke = { field: 'color', scale: null } as const;
  const place = { ...y, field: 'place' };
  return [
    {
      data: { values: names },
      mark: { type: 'rule' as const, strokeWidth: 1, strokeDash: [1, 2], opacity: 0.7 },
      encoding: { x, y, x2: { value: edge + 8 }, y2: { field: 'place' }, stroke },
    },
    {
      data: { values: names },
      mark: { type: 'point' as const, size: 60, strokeWidth: 1.5, opacity: 1, aria: false },
      encoding: {
        x: { value: edge + 16 },
        y: place,
        stroke,
        fill: stroke,
        shape: { field: 'shape', scale: null },
      },
    },
    {
      data: { values: names },
      mark: { type: 'text' as const, align: 'left' as const, baseline: 'middle' as const },
      encoding: { x: { value: edge + 25 }, y: place, text: { field: 'label' } },
    },
  ];
}
