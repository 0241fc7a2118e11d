/** What a byte buys, drawn: every model and recipe by bytes and score, and the front of those that nothing smaller equals. */
import type { MemoryFrontRow } from '../lib/db.ts';
import { bytesText, percent, valueText } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { type ChartColumn, type MarkOf, SCHEMA, type Size } from './chart.ts';
import { frontNames, type Scale, SIDES } from './memory-front-names.ts';

const WIDTH: Readonly<Record<Size, number>> = { wide: 640, narrow: 270 };
const HEIGHT: Readonly<Record<Size, number>> = { wide: 340, narrow: 300 };
/** Perplexities above this many times the best are off the drawing; the table has them. */
const WORST = 4;
/** Share of the best uncompressed score that counts as nearly as good. */
const NEARLY = 0.95;

export const FRONT_COLUMNS: readonly ChartColumn<MemoryFrontRow>[] = [
  { header: 'Model', text: (row) => row.model_name },
  { header: 'Method', text: (row) => row.method_title ?? row.method_id },
  { header: 'Recipe', text: (row) => row.recipe_id },
  { header: 'Bytes', numeric: true, text: (row) => bytesText(row.bytes) },
  { header: 'Score', numeric: true, text: scoreText },
  { header: 'On the front', text: (row) => (row.is_front ? 'yes' : 'no') },
];

function scoreText(row: MemoryFrontRow): string {
  return valueText(row.score, row.measure === 'tasks' ? 'fraction' : 'perplexity');
}

/** The source with the most rows of this kind. */
export function largestSource(rows: readonly MemoryFrontRow[]): readonly MemoryFrontRow[] {
  const groups = [...Map.groupBy(rows, ({ source_id }) => source_id)];
  const [first] = groups.sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  return first?.[1] ?? [];
}

/** How much of the front is compressed, and what the smallest takes that is nearly as good as the best. */
export function frontFinding(rows: readonly MemoryFrontRow[]): string {
  const front = rows.filter(({ is_front }) => is_front);
  const whole = rows.filter(({ is_baseline }) => is_baseline);
  if (front.length === 0 || whole.length === 0) return 'Nothing of this kind is known yet.';
  const best = whole.reduce((a, b) => (merit(b) > merit(a) ? b : a));
  const isNear = (row: MemoryFrontRow) =>
    row.measure === 'tasks' ? row.score >= NEARLY * best.score : row.score <= best.score / NEARLY;
  const near = rows.filter(isNear).reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const plain = front.filter(({ is_baseline }) => is_baseline).length;
  const count = plain === 0 ? 'None' : String(plain);
  return `${count} of the ${front.length} on the front ${plain > 1 ? 'are' : 'is'} uncompressed. Within 5 % of the best 16-bit score (${best.model_name}, ${bytesText(best.bytes)}) the smallest is ${near.model_name} as ${near.recipe_id}, ${bytesText(near.bytes)}.`;
}

function merit({ measure, score }: MemoryFrontRow): number {
  return measure === 'tasks' ? score : -score;
}

export function drawFront(rows: readonly MemoryFrontRow[], size: Size, markOf: MarkOf) {
  const best = Math.min(...rows.map(({ score }) => score));
  const isTasks = rows[0]?.measure !== 'perplexity';
  const shown = isTasks ? rows : rows.filter(({ score }) => score <= WORST * best);
  const values = shown.map((row) => pointOf(row, markOf));
  const front = values.filter(({ is_front }) => is_front);
  const { x, y } = axes(isTasks, values);
  const point = { type: 'point' as const, size: 46, strokeWidth: 1.2 };
  const encoding = {
    ...{ x, y },
    stroke: { field: 'color', type: 'nominal' as const, scale: null },
    fill: { field: 'fill', type: 'nominal' as const, scale: null },
    shape: { field: 'shape', type: 'nominal' as const, scale: null },
    description: { field: 'tip', type: 'nominal' as const },
  };
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    width: WIDTH[size],
    height: HEIGHT[size],
    padding: 4,
    layer: [
      {
        data: { values: values.filter((one) => !one.is_front) },
        mark: { ...point, opacity: 0.28 },
        encoding,
      },
      {
        data: { values: front },
        mark: {
          type: 'line' as const,
          stroke: 'var(--ink)',
          strokeWidth: 1.25,
          interpolate: 'step-after' as const,
          aria: false,
        },
        encoding: { x, y },
      },
      { data: { values: front }, mark: { ...point, size: 70, opacity: 1 }, encoding },
      ...nameLayers(values, size, x, y),
    ],
  };
}

function axes(isTasks: boolean, values: readonly { bytes: number; score: number }[]) {
  const bytes = values.map((one) => one.bytes);
  const scores = values.map(({ score }) => score);
  // An axis without points still needs two ends.
  const [small, large] = bytes.length === 0 ? [1e9, 2e9] : [Math.min(...bytes), Math.max(...bytes)];
  const x = {
    field: 'bytes',
    type: 'quantitative' as const,
    title: 'bytes of the model (log scale)',
    scale: { type: 'log' as const, domain: [small * 0.75, large * 1.1], nice: false },
    axis: { format: '.2s', grid: false, tickCount: 6 },
  };
  const y = isTasks
    ? {
        field: 'score',
        type: 'quantitative' as const,
        title: 'score above chance',
        scale: { domain: [0, Math.max(1, ...scores)], nice: false },
        axis: { format: '.0%', values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      }
    : {
        field: 'score',
        type: 'quantitative' as const,
        title: 'perplexity (log scale, better is up)',
        scale: {
          type: 'log' as const,
          reverse: true,
          domain: [Math.min(...scores, 1e6) * 0.95, Math.max(...scores, 1) * 1.05],
          nice: false,
        },
        axis: { tickCount: 5, format: '~g' },
      };
  return { x, y };
}

function pointOf(row: MemoryFrontRow, markOf: MarkOf) {
  const { color, shape } = markOf(row.method_id);
  return {
    bytes: row.bytes,
    score: row.measure === 'tasks' ? Math.max(0, row.score) : row.score,
    is_front: row.is_front,
    model: row.model_name,
    group: row.method_title ?? row.method_id,
    color,
    fill: row.origin === 'measured' ? color : 'var(--paper)',
    shape: SHAPES[shape],
    tip: `${row.model_name}, ${row.recipe_id}: ${bytesText(row.bytes)}, ${row.measure === 'tasks' ? `score ${percent(row.score)}` : `perplexity ${scoreText(row)}`}`,
  };
}

/** Names of models along the front, those of each side in a layer of their own. */
function nameLayers<X extends { readonly scale: Scale }, Y extends { readonly scale: Scale }>(
  points: readonly ReturnType<typeof pointOf>[],
  size: Size,
  x: X,
  y: Y,
) {
  const plot = { width: WIDTH[size], height: HEIGHT[size], x: x.scale, y: y.scale };
  const [front, others] = [true, false].map((isFront) => points.filter((one) => one.is_front === isFront));
  const names = frontNames(front!, others!, plot);
  return Object.entries(SIDES).map(([side, text]) => ({
    data: {
      values: names
        .filter((name) => name.side === side)
        .map(({ point: { bytes, score, model } }) => ({ bytes, score, label: model })),
    },
    mark: { type: 'text' as const, ...text },
    encoding: { x, y, text: { field: 'label' } },
  }));
}
