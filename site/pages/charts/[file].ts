/** Every chart as files: the drawing, the specification, the data behind it. */
import type { APIRoute } from 'astro';
import { type ChartId, charts } from '../../charts/index.ts';
import { chartFiles } from '../../lib/chart-files.ts';
import { rows } from '../../lib/db.ts';

const KINDS = ['svg', 'vl.json', 'csv'] as const;

export function getStaticPaths() {
  return Object.keys(charts).flatMap((id) =>
    KINDS.map((kind) => ({ params: { file: `${id}.${kind}` }, props: { id, kind } })),
  );
}

export const GET: APIRoute<{ id: ChartId; kind: (typeof KINDS)[number] }> = async ({
  props: { id, kind },
}) => {
  // Each id has the view of its own chart; the union of charts cannot say so to the compiler.
  const chart = charts[id] as (typeof charts)['kept-by-bits'];
  const selected = chart.select(await rows(chart.view));
  return new Response(await chartFiles(chart, selected, kind));
};
