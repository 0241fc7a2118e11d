/** Kurtosis of a kind of tensor against what a model loses when that kind gets 4 bits: whether outliers predict loss. */
import type { TensorSensitivityRow } from '../lib/db.ts';
import { percent, signed } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { defineChart, SCHEMA, type Size } from './chart.ts';
import { spreadText, TENSOR_KIND_LOOKS, TENSOR_KINDS } from './tensor-kinds.ts';

export const outliersAndLoss = defineChart({
  id: 'outliers-and-loss',
  view: 'tensor_sensitivity',
  form: 'Scatter plots, one for each kind of tensor: the share of a model that is lost at 4 bits against its mean kurtosis on a log scale, a point for each model.',
  sizes: ['wide', 'narrow'],
  caution:
    'Plain rounding (RTN) only; each panel has a scale of its own. A model has one kurtosis, the mean over its tensors of a kind; activations are what W4A4 loses beyond W4A8, keys and values are rounded together. Losses of two models need not be over the same tasks. A dozen small models of different architectures differ in more than their outliers: this is a correlation, not a cause.',
  title: () => 'Do outliers predict the loss?',
  finding,
  select: (rows) => rows,
  legend: () => [],
  columns: [
    { header: 'Model', text: (row) => row.model_name },
    { header: 'Kind', text: (row) => row.tensor },
    { header: 'Kurtosis (mean)', numeric: true, text: (row) => spreadText(row.kurtosis_mean) },
    { header: 'Kurtosis (highest)', numeric: true, text: (row) => spreadText(row.kurtosis_max) },
    { header: 'Lost', numeric: true, text: (row) => percent(row.loss) },
    { header: 'By', text: (row) => row.recipe_id },
    { header: 'Tasks', numeric: true, text: (row) => String(row.n_tasks) },
    { header: 'Origin', text: (row) => row.origin },
  ],
  spec,
});

function finding(rows: readonly TensorSensitivityRow[]): string {
  const parts = TENSOR_KINDS.flatMap((kind) => {
    const first = rows.find(({ tensor }) => tensor === kind);
    const correlation = first?.rank_correlation ?? null;
    if (first === undefined || correlation === null) return [];
    return [
      `${TENSOR_KIND_LOOKS[kind].title.toLowerCase()} ${signed(correlation, 2)} (${first.n_models} models)`,
    ];
  });
  return parts.length === 0
    ? 'Too few models have both statistics and results at 4 bits yet.'
    : `Rank correlation of kurtosis and loss, where +1 is perfect and 0 is none: ${parts.join(', ')}.`;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a specification is one literal
function spec(rows: readonly TensorSensitivityRow[], size: Size) {
  const values = rows.map((row) => pointOf(row, rows));
  const x = {
    field: 'kurtosis',
    type: 'quantitative' as const,
    title: 'mean kurtosis',
    scale: { type: 'log' as const, nice: false, padding: 16 },
    axis: { grid: false, format: ',.3~r', tickCount: 4 },
  };
  const y = {
    field: 'loss',
    type: 'quantitative' as const,
    title: 'lost at 4 bits',
    scale: { zero: true, padding: 8 },
    axis: { format: '~%', tickCount: 5 },
  };
  const stroke = { field: 'color', type: 'nominal' as const, scale: null };
  const name = (side: 'left' | 'right') => ({
    transform: [{ filter: `datum.side === '${side}'` }],
    mark: {
      type: 'text' as const,
      // Above its point: beside it stand others.
      align: side,
      dx: side === 'left' ? -6 : 6,
      dy: -11,
      limit: size === 'narrow' ? 170 : 220,
      fontSize: 11,
    },
    encoding: { x, y, text: { field: 'name' } },
  });
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    padding: 4,
    data: { values },
    facet: {
      field: 'panel',
      type: 'nominal' as const,
      sort: TENSOR_KINDS.map((kind) => panelOf(kind)),
      title: null,
      header: { labelAnchor: 'start' as const },
    },
    columns: size === 'narrow' ? 1 : 2,
    // Four bits cost some kinds a hundred times more than others; the question is asked within each.
    resolve: {
      scale: { x: 'independent' as const, y: 'independent' as const },
      axis: { x: 'independent' as const, y: 'independent' as const },
    },
    spec: {
      width: size === 'narrow' ? 260 : 340,
      height: size === 'narrow' ? 160 : 200,
      layer: [
        {
          mark: { type: 'point' as const, size: 60, strokeWidth: 1.4 },
          encoding: {
            x,
            y,
            stroke,
            fill: { field: 'fill', type: 'nominal' as const, scale: null },
            shape: { field: 'shape', type: 'nominal' as const, scale: null },
            description: { field: 'tip', type: 'nominal' as const },
          },
        },
        name('left'),
        name('right'),
      ],
    },
  };
}

function panelOf(kind: TensorSensitivityRow['tensor']): string {
  const { title, fourBits } = TENSOR_KIND_LOOKS[kind];
  return `${title} (${fourBits})`;
}

function pointOf(row: TensorSensitivityRow, rows: readonly TensorSensitivityRow[]) {
  const { color, shape } = TENSOR_KIND_LOOKS[row.tensor];
  const panel = rows.filter(({ tensor }) => tensor === row.tensor);
  const most = (value: (one: TensorSensitivityRow) => number) =>
    panel.reduce((best, one) => (value(one) > value(best) ? one : best));
  // Names of all would cover each other: the two extremes have theirs.
  const isNamed = row === most((one) => one.loss) || row === most((one) => one.kurtosis_mean);
  const logs = panel.map((one) => Math.log(one.kurtosis_mean));
  const isOnTheLeft = Math.log(row.kurtosis_mean) < (Math.min(...logs) + Math.max(...logs)) / 2;
  return {
    panel: panelOf(row.tensor),
    kurtosis: row.kurtosis_mean,
    loss: row.loss,
    color,
    fill: row.origin === 'measured' ? color : 'var(--paper)',
    shape: SHAPES[shape],
    name: row.model_name,
    group: row.model_name,
    side: isNamed ? (isOnTheLeft ? 'left' : 'right') : 'none',
    tip: `${row.model_name}: mean kurtosis ${spreadText(row.kurtosis_mean)}, ${percent(row.loss)} lost by ${row.recipe_id}`,
  };
}
