/** The degradation curve: how much of one model is left as its weights get fewer bits, a line for each method. */
import type { CurveRow } from '../lib/db.ts';
import { percent } from '../lib/format.ts';
import { defineChart } from './chart.ts';
import { drawLines } from './kept-by-bits-drawing.ts';
import { bestOf } from './kept-by-bits-lines.ts';

export const keptByBits = defineChart({
  id: 'kept-by-bits',
  view: 'curve',
  form: 'Line chart: the share of the 16-bit model that is kept, against bits per weight falling to the right, a line for each method.',
  sizes: ['wide', 'narrow'],
  caution:
    'Only weights are compressed. A point is the median over sources and settings; bits are nominal, so methods with small groups spend more than they say.',
  title: (rows) => `How much of ${rows[0]?.model_name ?? 'a model'} is left as weights get fewer bits?`,
  finding,
  select: (rows) => {
    const first = mostTested(rows);
    return rows.filter(({ model_id, ability }) => model_id === first && ability === 'all');
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
  spec: drawLines,
});

/** The model whose points most other sources confirm; among equals, the one with the most points, over all abilities. */
function mostTested(rows: readonly CurveRow[]): string | undefined {
  const models = [...Map.groupBy(rows, ({ model_id }) => model_id)].map(([id, points]) => ({
    id,
    sources: points.reduce((sum, { n_sources }) => sum + n_sources, 0),
    confirmed: points.reduce((sum, { n_sources }) => sum + n_sources - 1, 0),
  }));
  models.sort((a, b) => b.confirmed - a.confirmed || b.sources - a.sources || (a.id < b.id ? -1 : 1));
  return models[0]?.id;
}

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
