/** Loss against model size: whether a larger model of a series loses less under the same method and bits. */
import type { LossBySizeRow } from '../lib/db.ts';
import { percent } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { paramsText } from '../lib/params-text.ts';
import { defineChart, type MarkOf, SCHEMA, type Size } from './chart.ts';
import { methodsByReach } from './most-used.ts';

const BITS = [4, 3, 2];
/** Methods drawn: plain rounding and those with the most models at these bits, of all results and of the measured ones. */
const METHODS = 4;
const MEASURED_METHODS = 8;

export const lossBySize = defineChart({
  id: 'loss-by-size',
  view: 'loss_by_size',
  form: 'Points for models by their number of parameters and the share they lose, one panel for each number of weight bits; thin lines join models of a series under the same method.',
  sizes: ['wide', 'narrow'],
  caution:
    'Only weights are compressed. A point is the median over sources and settings, so two points of a line may rest on different tasks.',
  title: () => 'Do larger models lose less?',
  finding,
  select: (rows) => {
    const inPanels = rows.filter(({ nominal_bits }) => BITS.includes(nominal_bits));
    const measured = inPanels.filter(({ origin }) => origin === 'measured');
    const ofModel = (row: LossBySizeRow) => row.model_id;
    const drawn = methodsByReach(inPanels, ofModel, METHODS);
    const ours = methodsByReach(measured, ofModel, MEASURED_METHODS);
    return inPanels.filter(
      ({ method_id, origin }) =>
        drawn.includes(method_id) || (origin === 'measured' && ours.includes(method_id)),
    );
  },
  legend: (rows) => {
    const titles = new Map(rows.map(({ method_id, method_title }) => [method_id, method_title ?? method_id]));
    return [...titles].map(([method, title]) => ({ method, title }));
  },
  columns: [
    { header: 'Model', text: (row) => row.model_name },
    { header: 'Parameters', numeric: true, text: (row) => paramsText(row.params_b) },
    { header: 'Method', text: (row) => row.method_title ?? row.method_id },
    { header: 'Bits', numeric: true, text: (row) => String(row.nominal_bits) },
    { header: 'Lost', numeric: true, text: (row) => percent(row.loss) },
    { header: 'Recipes', numeric: true, text: (row) => String(row.n_recipes) },
    { header: 'Origin', text: (row) => row.origin },
  ],
  spec,
});

/** Pairs of neighbouring sizes in a series, same method, bits and origin: how often the larger loses less. */
function finding(rows: readonly LossBySizeRow[]): string {
  let pairs = 0;
  let less = 0;
  for (const line of linesOf(rows).values()) {
    for (const [index, larger] of line.entries()) {
      const smaller = line[index - 1];
      if (smaller === undefined || smaller.params_b === larger.params_b) continue;
      pairs++;
      if (larger.loss < smaller.loss) less++;
    }
  }
  if (pairs === 0) return 'No two sizes of a series were measured alike yet.';
  return `In ${less} of ${pairs} comparisons of neighbouring sizes (same series, method and bits) the larger model loses less.`;
}

/** Base models of a series under one method, bits and origin, by size. */
function linesOf(rows: readonly LossBySizeRow[]): Map<string, LossBySizeRow[]> {
  const sized = rows.filter(({ params_b, series }) => params_b !== null && series !== null);
  const lines = Map.groupBy(sized, lineKey);
  for (const line of lines.values())
    line.sort((a, b) => a.params_b! - b.params_b! || (a.model_id < b.model_id ? -1 : 1));
  return lines;
}

function lineKey({ series, is_chat, method_id, nominal_bits, origin }: LossBySizeRow): string {
  return [series, is_chat, method_id, nominal_bits, origin].join(' ');
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a specification is one literal
function spec(rows: readonly LossBySizeRow[], size: Size, markOf: MarkOf) {
  const values = rows.filter(({ params_b }) => params_b !== null).map((row) => pointOf(row, markOf));
  const sizes = values.map(({ params }) => params);
  const x = {
    field: 'params',
    type: 'quantitative' as const,
    title: 'parameters (billions)',
    scale: {
      type: 'log' as const,
      domain: [Math.min(0.1, ...sizes) / 1.3, Math.max(100, ...sizes) * 1.3],
      nice: false,
    },
    axis: { values: [0.001, 0.01, 0.1, 1, 10, 100], grid: false, format: '~g' },
  };
  const y = {
    field: 'loss',
    type: 'quantitative' as const,
    title: 'lost',
    scale: { domain: [0, 1], nice: false },
    axis: { format: '.0%', values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  };
  const stroke = { field: 'color', type: 'nominal' as const, scale: null };
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    padding: 4,
    data: { values },
    facet: {
      field: 'panel',
      type: 'nominal' as const,
      sort: BITS.map((bits) => `${bits} bits`),
      title: null,
      header: { labelAnchor: 'start' as const },
    },
    columns: size === 'narrow' ? 1 : 3,
    spec: {
      width: size === 'narrow' ? 270 : 250,
      height: size === 'narrow' ? 180 : 250,
      layer: [
        {
          mark: { type: 'line' as const, strokeWidth: 1, opacity: 0.45, aria: false },
          encoding: { x, y, stroke, detail: { field: 'line', type: 'nominal' as const } },
        },
        {
          mark: { type: 'point' as const, size: 55, strokeWidth: 1.4 },
          encoding: {
            x,
            y,
            stroke,
            fill: { field: 'fill', type: 'nominal' as const, scale: null },
            shape: { field: 'shape', type: 'nominal' as const, scale: null },
            description: { field: 'tip', type: 'nominal' as const },
          },
        },
      ],
    },
  };
}

function pointOf(row: LossBySizeRow, markOf: MarkOf) {
  const { color, shape } = markOf(row.method_id);
  return {
    panel: `${row.nominal_bits} bits`,
    params: row.params_b!,
    loss: Math.max(0, Math.min(1, row.loss)),
    line: lineKey(row),
    group: row.method_title ?? row.method_id,
    color,
    fill: row.origin === 'measured' ? color : 'var(--paper)',
    shape: SHAPES[shape],
    tip: `${row.model_name}, ${row.method_title ?? row.method_id}, ${row.nominal_bits} bits: ${percent(row.loss)} lost, ${row.origin}`,
  };
}
