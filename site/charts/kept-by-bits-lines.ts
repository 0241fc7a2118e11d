/** The lines of the degradation curve, those that deserve a name first. */
import type { CurveRow } from '../lib/db.ts';

export interface Line {
  readonly key: string;
  readonly title: string;
  readonly points: readonly CurveRow[];
  readonly weight: number;
}

/** Lines by method and origin: measured ones first, then plain rounding, the best at 4 and 2 bits, the best supported. */
export function linesOf(rows: readonly CurveRow[]): readonly Line[] {
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

/** The row that keeps the most; of equals the first. */
export function bestOf(rows: readonly CurveRow[]): CurveRow {
  return rows.reduce((best, row) => (row.kept > best.kept ? row : best));
}
