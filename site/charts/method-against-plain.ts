/** A method beside the plain one of its kind, where nothing else differs: two lines over settings of falling size. */
import type { MethodMatchedRow } from '../lib/db.ts';
import { percent, plural } from '../lib/format.ts';
import { SHAPES } from '../lib/marks.ts';
import { defineChart, type MarkOf, SCHEMA, type Size } from './chart.ts';

const STEP: Readonly<Record<Size, number>> = { wide: 72, narrow: 40 };
const HEIGHT: Readonly<Record<Size, number>> = { wide: 260, narrow: 220 };

export const methodAgainstPlain = defineChart({
  id: 'method-against-plain',
  view: 'method_matched',
  form: 'Line chart: the share of the 16-bit model that is kept by a method and by the plain one, for settings of falling size.',
  sizes: ['wide', 'narrow'],
  caution:
    'Each point is a mean over pairs: same source, model, task, bits and sparsity, and the same 16-bit baseline. Rounding to nearest ends at 2 bits, so methods of fewer are set beside it at 2. Group sizes may differ; true bits are in the table. Points beside one another rest on different models and tasks.',
  title: (rows) =>
    rows.every(isSameSize)
      ? `Does ${titleOf(rows)} keep more than ${plainTitle(rows)} at the same size?`
      : `Does ${titleOf(rows)} keep more than ${plainTitle(rows)}, which ends at 2 bits?`,
  finding,
  // The method with the most pairs, weights only, all sources together.
  select: (rows) => {
    const own = rows.filter(({ origin, tensor }) => origin === 'all' && tensor === 'W');
    const pairs = new Map<string, number>();
    for (const { method_id, n_pairs } of own) pairs.set(method_id, (pairs.get(method_id) ?? 0) + n_pairs);
    const [first] = [...pairs].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return own.filter(({ method_id }) => method_id === first?.[0]);
  },
  legend: (rows) =>
    rows.slice(0, 1).flatMap((row) => [
      { method: row.method_id, title: titleOf([row]) },
      { method: row.plain_id, title: plainTitle([row]) },
    ]),
  columns: [
    { header: 'Size', text: matchedSize },
    { header: 'Kept', numeric: true, text: (row) => percent(row.kept) },
    { header: 'Plain', text: plainSize },
    { header: 'Plain keeps', numeric: true, text: (row) => percent(row.plain_kept) },
    { header: 'True bits', numeric: true, text: (row) => row.bits?.toFixed(2) ?? '–' },
    { header: 'Plain true bits', numeric: true, text: (row) => row.plain_bits?.toFixed(2) ?? '–' },
    { header: 'Better', numeric: true, text: (row) => String(row.n_better) },
    { header: 'Worse', numeric: true, text: (row) => String(row.n_worse) },
    { header: 'Pairs', numeric: true, text: (row) => String(row.n_pairs) },
    { header: 'Models', numeric: true, text: (row) => String(row.n_models) },
  ],
  spec,
});

/** What was compressed how far, as on the axis: `W4`, `W4 A8`, `KV3`, `2:4`, `s50`. */
export function matchedSize(row: MethodMatchedRow): string {
  if (row.tensor === 'prune') {
    const pattern = row.sparsity_pattern ?? `s${Math.round(100 * (row.sparsity ?? 0))}`;
    return row.nominal_bits < 16 ? `W${row.nominal_bits} ${pattern}` : pattern;
  }
  if (row.tensor === 'KV') return `KV${row.nominal_bits}`;
  const parts = [`W${row.nominal_bits}`];
  if (row.a_bits !== null) parts.push(`A${row.a_bits}`);
  if (row.kv_bits !== null) parts.push(`KV${row.kv_bits}`);
  return parts.join(' ');
}

/** That of the plain one, which has no fewer than 2 bits. */
function plainSize(row: MethodMatchedRow): string {
  return matchedSize({ ...row, nominal_bits: row.plain_nominal_bits });
}

function titleOf(rows: readonly MethodMatchedRow[]): string {
  return rows[0]?.method_title ?? rows[0]?.method_id ?? 'a method';
}

function plainTitle(rows: readonly MethodMatchedRow[]): string {
  return rows[0]?.plain_title ?? rows[0]?.plain_id ?? 'plain rounding';
}

/** Over all pairs, and where the two are furthest apart. */
function finding(rows: readonly MethodMatchedRow[]): string {
  const sum = (of: (row: MethodMatchedRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const pairs = sum(({ n_pairs }) => n_pairs);
  if (pairs === 0) return 'Nothing of this kind is known yet.';
  const better = sum(({ n_better }) => n_better);
  const worse = sum(({ n_worse }) => n_worse);
  const most = rows.reduce((a, b) => (gapOf(b) > gapOf(a) ? b : a));
  const plain = isSameSize(most) ? '' : ` of ${plainTitle(rows)} at ${plainSize(most)}`;
  const far = `${matchedSize(most)}: ${percent(most.kept)} against ${percent(most.plain_kept)}${plain}`;
  return `It keeps more in ${better} of ${plural(pairs, 'pair')}, less in ${worse}; furthest apart at ${far}.`;
}

function isSameSize({ nominal_bits, plain_nominal_bits }: MethodMatchedRow): boolean {
  return nominal_bits === plain_nominal_bits;
}

function isPattern({ sparsity_pattern }: MethodMatchedRow): boolean {
  return sparsity_pattern !== null;
}

function gapOf({ kept, plain_kept }: MethodMatchedRow): number {
  return Math.abs(kept - plain_kept);
}

function spec(all: readonly MethodMatchedRow[], size: Size, markOf: MarkOf) {
  // Patterns of runs behind shares: they are no step on the way from one share to the next.
  const rows = all.toSorted((a, b) => Number(isPattern(a)) - Number(isPattern(b)));
  const values = rows.flatMap((row) => pointsOf(row, markOf));
  const x = {
    field: 'size',
    type: 'ordinal' as const,
    sort: [...new Set(rows.map(matchedSize))],
    title: null,
    axis: { labelAngle: 0, grid: false, labelLimit: 0 },
  };
  const y = {
    field: 'kept',
    type: 'quantitative' as const,
    title: 'kept of the 16-bit model',
    scale: { domain: [0, Math.max(1.08, ...values.map(({ kept }) => kept))], nice: false },
    axis: { format: '.0%', values: [0, 0.2, 0.4, 0.6, 0.8, 1] },
  };
  const stroke = { field: 'color', type: 'nominal' as const, scale: null };
  return {
    $schema: SCHEMA as 'https://vega.github.io/schema/vega-lite/v6.json',
    width: { step: STEP[size] },
    height: HEIGHT[size],
    padding: 4,
    data: { values },
    layer: [
      {
        data: { values: [{ kept: 1 }] },
        mark: { type: 'rule' as const, stroke: 'var(--ink)', strokeDash: [2, 3] },
        encoding: { y },
      },
      {
        mark: { type: 'line' as const, strokeWidth: 1.75, aria: false },
        encoding: { x, y, stroke, detail: { field: 'line', type: 'nominal' as const } },
      },
      {
        mark: { type: 'point' as const, size: 65, strokeWidth: 1.4, opacity: 1 },
        encoding: {
          ...{ x, y, stroke },
          fill: { field: 'color', type: 'nominal' as const, scale: null },
          shape: { field: 'shape', type: 'nominal' as const, scale: null },
          description: { field: 'tip', type: 'nominal' as const },
        },
      },
    ],
  };
}

function pointsOf(row: MethodMatchedRow, markOf: MarkOf) {
  const point = (method: string, title: string, size: string, kept: number) => {
    const { color, shape } = markOf(method);
    const tip = `${title}, ${size}: ${percent(kept)} kept, mean of ${plural(row.n_pairs, 'pair')}`;
    const line = `${method} ${isPattern(row) ? 'patterns' : 'shares'}`;
    return {
      size: matchedSize(row),
      line,
      group: title,
      kept: Math.max(0, kept),
      color,
      shape: SHAPES[shape],
      tip,
    };
  };
  return [
    point(row.plain_id, plainTitle([row]), plainSize(row), row.plain_kept),
    point(row.method_id, titleOf([row]), matchedSize(row), row.kept),
  ];
}
